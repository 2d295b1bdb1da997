import { setTimeout as sleep } from 'node:timers/promises';

import { latencyOf, type Latency } from './quantiles.js';

/** How hard to drive, and for how long. */
export interface LoadOrder {
  /** Submissions under way at any moment: the next one leaves when one is answered. */
  readonly inFlight: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** How a submission ended, as its submitter was told. */
export const Ending = {
  Committed: 'committed',
  Aborted: 'aborted',
  /** Refused for overload (429): not accepted at all. */
  Overloaded: 'overloaded',
  /** The stage asked for was not reached in time. */
  Late: 'late',
} as const;
export type Ending = (typeof Ending)[keyof typeof Ending];

export interface LoadResult {
  /** Length of the measured window. */
  readonly seconds: number;
  readonly endings: Readonly<Record<Ending, number>>;
  /** Of what committed or aborted. */
  readonly latency: Latency;
}

/** Beginning and end of the measured window: whoever counts takes a look. */
export type Edge = 'begin' | 'end';
export type OnEdge = (edge: Edge) => void;

const NEVER = new Promise<never>(() => undefined);

class Tally {
  readonly endings = { committed: 0, aborted: 0, overloaded: 0, late: 0 };
  readonly timesMs: number[] = [];

  add(ending: Ending, timeMs: number): void {
    this.endings[ending] += 1;
    if (ending === Ending.Committed || ending === Ending.Aborted) this.timesMs.push(timeMs);
  }
}

/**
 * Keeps `inFlight` submissions under way and measures those that end inside the window. Resolves when the last one has ended.
 * `enough` ends the window early. Rejects with the first error of `submit`: a fault of the measured system is no measurement.
 */
export async function closedLoop(
  { inFlight, warmupMs, measureMs }: LoadOrder,
  submit: () => Promise<Ending>,
  onEdge: OnEdge,
  enough: Promise<unknown> = NEVER,
): Promise<LoadResult> {
  let tally = new Tally();
  let running = true;
  const one = async (): Promise<void> => {
    while (running) {
      const startMs = performance.now();
      const ending = await submit();
      tally.add(ending, performance.now() - startMs);
    }
  };
  const loops = Promise.all(Array.from({ length: inFlight }, one)).finally(() => (running = false));
  await Promise.race([sleep(warmupMs), loops]);
  tally = new Tally();
  const startMs = performance.now();
  onEdge('begin');
  await Promise.race([sleep(measureMs, undefined, { ref: false }), loops, enough]);
  const measured = tally;
  tally = new Tally();
  const seconds = (performance.now() - startMs) / 1000;
  running = false;
  onEdge('end');
  await loops;
  return { seconds, endings: measured.endings, latency: latencyOf(measured.timesMs) };
}
