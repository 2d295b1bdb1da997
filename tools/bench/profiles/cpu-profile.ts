/** Lines and columns count from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** The part of a .cpuprofile that is read here; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Whose code it is: a package, a library of ours, a part of Node; null: nobody's in particular. */
function ownerOfUrl(url: string): string | null {
  const npm = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (npm !== undefined) return npm;
  return /\/(libs\/[^/]+|apps\/[^/]+|tools\/[^/]+)\//.exec(url)?.[1] ?? null;
}

/** What the engine does by itself is told by name. */
const ENGINE = new Set(['(garbage collector)', '(program)', '(idle)']);

/**
 * CPU time by owner, µs, `(idle)` among them. A native function or one of Node's own counts for whoever called it, as `node` where
 * nobody did. `placeOf`: where a function was written.
 */
export function timeByOwner(
  { nodes, samples, timeDeltas }: CpuProfile,
  placeOf: (frame: CallFrame) => string,
): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const known = new Map<number, string>();
  const ownerOf = (id: number): string => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const frame = byId.get(id)!.callFrame;
    const parent = parents.get(id);
    const called = (): string => (parent === undefined ? 'node' : ownerOf(parent));
    const owner = ENGINE.has(frame.functionName)
      ? frame.functionName
      : (ownerOfUrl(placeOf(frame)) ?? called());
    known.set(id, owner);
    return owner;
  };
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const owner = ownerOf(id);
    times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[index] ?? 0));
  });
  return times;
}
