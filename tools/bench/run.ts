import type { Contender, Workload } from './contenders/contender.js';
import type { Edge, LoadResult } from './load/closed-loop.js';
import { costBetween, type Cost, type Look, type Observer } from './measure/observer.js';
import type { Options } from './options.js';

/** One measurement of one contender. */
export interface Sample {
  readonly contender: string;
  readonly inFlight: number;
  readonly round: number;
  readonly result: LoadResult;
  readonly cost: Cost;
}

export interface Progress {
  warmingUp(contender: string): void;
  before(contender: string, inFlight: number, round: number, leftMs: number): void;
  after(sample: Sample): void;
}

interface Cell {
  readonly contender: Contender;
  readonly inFlight: number;
  readonly round: number;
}

/** Round by round, and within a round neighbours in the table are neighbours in time: what drifts, drifts for all of them. */
function cellsOf(contenders: readonly Contender[], { rounds, inFlight }: Options): Cell[] {
  const all: Cell[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const c of inFlight) for (const contender of contenders) all.push({ contender, inFlight: c, round });
  }
  return all;
}

const workloadOf = (options: Options, { inFlight, round }: Cell): Workload => ({
  inFlight,
  warmupMs: options.warmupSeconds * 1000,
  measureMs: options.seconds * 1000,
  seed: options.seed * 1_000_003 + round * 1_009 + inFlight,
  theta: options.theta,
  refused: options.refused,
});

async function measure(cell: Cell, options: Options, observer: Observer): Promise<Sample> {
  const { contender, inFlight, round } = cell;
  const looks: Partial<Record<Edge, Promise<Look>>> = {};
  const result = await contender.drive(workloadOf(options, cell), (edge) => {
    looks[edge] = observer.look(contender);
  });
  const [before, after] = await Promise.all([looks.begin, looks.end]);
  if (before === undefined || after === undefined) throw new Error(`${contender.name} told no window`);
  return { contender: contender.name, inFlight, round, result, cost: costBetween(before, after) };
}

/** Before the first round: connections, caches, and code that the compiler has seen often enough. */
const WARM_UP_IN_FLIGHT = 64;

async function warmUp(contenders: readonly Contender[], options: Options, progress: Progress): Promise<void> {
  for (const contender of contenders) {
    progress.warmingUp(contender.name);
    const cell = { contender, inFlight: WARM_UP_IN_FLIGHT, round: 0 };
    await contender.drive({ ...workloadOf(options, cell), warmupMs: 0 }, () => undefined);
  }
}

/** Measures every cell of every round. */
export async function measureAll(
  contenders: readonly Contender[],
  options: Options,
  observer: Observer,
  progress: Progress,
): Promise<Sample[]> {
  await warmUp(contenders, options, progress);
  const cells = cellsOf(contenders, options);
  const cellMs = (options.warmupSeconds + options.seconds) * 1000;
  const samples: Sample[] = [];
  for (const [index, cell] of cells.entries()) {
    const { contender, inFlight, round } = cell;
    progress.before(contender.name, inFlight, round, (cells.length - index) * cellMs);
    const sample = await measure(cell, options, observer);
    samples.push(sample);
    progress.after(sample);
  }
  for (const contender of contenders) await contender.check();
  return samples;
}
