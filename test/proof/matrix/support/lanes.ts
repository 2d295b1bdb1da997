import { listen } from './announcements.js';
import type { Cell } from './cells.js';
import { podFor } from './estate.js';
import type { Estate, Pod, PodKind } from './estate.js';
import { CellRun } from './run-cell.js';
import type { Result } from './run-cell.js';

/** Pods of these kinds side by side, each lane one after another: waiting costs nothing, starting costs a core. */
const LANES: readonly (readonly PodKind[])[] = [['solo'], ['pair'], ['guards', 'guard', 'solo', 'pair']];

/** Runs every cell in a pod of its kind; `heard` gets each result as it comes. Lanes of the same kind share its queue. */
export async function runCells(
  estate: Estate,
  cells: readonly Cell[],
  heard: (result: Result) => void,
): Promise<void> {
  const queues = new Map<PodKind, Cell[]>();
  for (const cell of cells) queues.set(podFor(cell), [...(queues.get(podFor(cell)) ?? []), cell]);
  await Promise.all(LANES.map((kinds) => runLane(estate, kinds, queues, heard)));
}

async function runLane(
  estate: Estate,
  kinds: readonly PodKind[],
  queues: ReadonlyMap<PodKind, Cell[]>,
  heard: (result: Result) => void,
): Promise<void> {
  for (const kind of kinds) {
    const queue = queues.get(kind) ?? [];
    // A pod costs as much as a few cells.
    const worthwhile = kind.startsWith('guard') ? 1 : kinds.indexOf(kind) > 0 ? 3 : 1;
    if (queue.length < worthwhile) continue;
    await runPod(await estate.open(kind), queue, heard);
  }
}

async function runPod(pod: Pod, queue: Cell[], heard: (result: Result) => void): Promise<void> {
  const announcements = await listen(pod);
  try {
    for (let cell = queue.shift(); cell; cell = queue.shift()) {
      heard(await safely(new CellRun(pod, cell, announcements.heard)));
    }
  } finally {
    await announcements.close();
    await pod.close();
  }
}

/** A cell that cannot be carried through has failed, and says why; the next one arms its processes anew. */
async function safely(run: CellRun): Promise<Result> {
  try {
    return await run.run();
  } catch (error) {
    const wrong = { cell: [error instanceof Error ? error.message : String(error)] };
    return { cell: run.cell, reached: run.reached, awayMs: 0, recoveredMs: null, outcomes: [], wrong };
  }
}
