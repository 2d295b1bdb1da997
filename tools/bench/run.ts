import type { Contender, Workload } from './contenders/contender.js';
import type { Edge, LoadResult } from './load/closed-loop.js';
import { costBetween, type Cost, type Look, type Observer } from './measure/observer.js';
import type { Options } from './options.js';
import type { Series, Step } from './series/series.js';
import { isWarm } from './warm-up.js';

/** One measurement of one contender. */
export interface Sample {
  readonly contender: string;
  /** Name of the floor it is held against. */
  readonly floor: string | undefined;
  /** Where on the series' axis. */
  readonly x: number;
  readonly round: number;
  readonly result: LoadResult;
  readonly cost: Cost;
}

export interface Progress {
  warmingUp(contender: string): void;
  /** `rates`: committed a second in each slice. */
  warmedUp(rates: readonly number[]): void;
  before(contender: string, x: number, round: number, leftMs: number): void;
  after(sample: Sample): void;
}

interface Cell {
  readonly step: Step;
  readonly round: number;
}

/** Round by round, and within a round neighbours in the table are neighbours in time: what drifts, drifts for all of them. */
function cellsOf({ steps, oneWay }: Series, rounds: number): Cell[] {
  const numbers = Array.from({ length: rounds }, (_, index) => index + 1);
  if (oneWay) return steps.flatMap((step) => numbers.map((round) => ({ step, round })));
  return numbers.flatMap((round) => steps.map((step) => ({ step, round })));
}

function workloadOf(options: Options, { step, round }: Cell): Workload {
  return {
    inFlight: options.inFlight[0] ?? 1,
    warmupMs: options.warmupSeconds * 1000,
    measureMs: options.seconds * 1000,
    seed: options.seed * 1_000_003 + round * 1_009 + step.x,
    theta: options.theta,
    refused: options.refused,
    ...step.workload,
  };
}

/** Enough to see each path often, and well below what any contender can carry. */
const WARM_UP_IN_FLIGHT = 64;
const SLICE_MS = 4_000;
const MOST_SLICES = 15;

/** Before the first round: connections, caches, and code that the compilers (the broker's, too) have seen often enough. */
async function warmUp({ steps }: Series, options: Options, progress: Progress): Promise<void> {
  const warm = new Set<string>();
  for (const step of steps) {
    for (const contender of step.contenders) {
      if (warm.has(contender.name)) continue;
      warm.add(contender.name);
      await step.enter?.();
      const workload = {
        ...workloadOf(options, { step, round: 0 }),
        warmupMs: 0,
        inFlight: WARM_UP_IN_FLIGHT,
      };
      await warmUpOne(contender, workload, options.untilWarm, progress);
    }
  }
}

async function warmUpOne(
  contender: Contender,
  workload: Workload,
  untilWarm: boolean,
  progress: Progress,
): Promise<void> {
  const slice = untilWarm ? { ...workload, measureMs: SLICE_MS } : workload;
  const most = untilWarm ? MOST_SLICES : 1;
  const rates: number[] = [];
  progress.warmingUp(contender.name);
  while (rates.length < most && !isWarm(rates)) {
    const { seconds, endings } = await contender.drive(slice, () => undefined);
    rates.push(endings.committed / seconds);
  }
  progress.warmedUp(rates);
}

async function measure(
  contender: Contender,
  cell: Cell,
  options: Options,
  observer: Observer,
): Promise<Sample> {
  const looks: Partial<Record<Edge, Promise<Look>>> = {};
  const result = await contender.drive(workloadOf(options, cell), (edge) => {
    looks[edge] = observer.look(contender);
  });
  const [before, after] = await Promise.all([looks.begin, looks.end]);
  if (before === undefined || after === undefined) throw new Error(`${contender.name} told no window`);
  const { name, floor } = contender;
  return {
    contender: name,
    floor,
    x: cell.step.x,
    round: cell.round,
    result,
    cost: costBetween(before, after),
  };
}

/** Measures every contender at every step in every round, and checks at the end that what was told is true. */
export async function measureAll(
  series: Series,
  options: Options,
  observer: Observer,
  progress: Progress,
): Promise<Sample[]> {
  await warmUp(series, options, progress);
  const cells = cellsOf(series, options.rounds);
  const contenderMs = (options.warmupSeconds + options.seconds) * 1000;
  let leftMs = cells.reduce((sum, { step }) => sum + step.contenders.length * contenderMs, 0);
  const samples: Sample[] = [];
  for (const cell of cells) {
    await cell.step.enter?.();
    for (const contender of cell.step.contenders) {
      progress.before(contender.name, cell.step.x, cell.round, leftMs);
      const sample = await measure(contender, cell, options, observer);
      samples.push(sample);
      progress.after(sample);
      leftMs -= contenderMs;
    }
  }
  for (const contender of new Set(series.steps.flatMap(({ contenders }) => contenders)))
    await contender.check();
  return samples;
}
