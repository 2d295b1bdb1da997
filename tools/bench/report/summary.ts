import type { Sample } from '../run.js';
import { perTransactionOf, type PerTransaction } from './per-transaction.js';

/** A middle and how far the rounds were apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** One contender at one step, over all rounds. */
export interface Row {
  readonly contender: string;
  readonly x: number;
  /** Committed a second. */
  readonly throughput: Spread;
  readonly p50Ms: Spread;
  readonly p95Ms: Spread;
  readonly p99Ms: Spread;
  /** Throughput over that of the floor in the same round; absent for the floor, and without one. */
  readonly ofFloor?: Spread;
  /** Of one committed transaction, mean over the rounds. */
  readonly perTransaction: PerTransaction;
  /** Memory of the largest process of each component, MiB; the most of all rounds. */
  readonly residentMib: Readonly<Record<string, number>>;
  readonly aborted: number;
  readonly overloaded: number;
  readonly late: number;
}

const throughputOf = ({ result }: Sample): number => result.endings.committed / result.seconds;

/** Rows in the order of the samples. */
export function summarize(samples: readonly Sample[]): Row[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = `${sample.x} ${sample.contender}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].map((group) => rowOf(group, samples));
}

function rowOf(group: readonly Sample[], all: readonly Sample[]): Row {
  const { contender, floor, x } = group[0]!;
  const over = (value: (sample: Sample) => number): Spread => spreadOf(group.map(value));
  const sum = (ending: 'aborted' | 'overloaded' | 'late'): number =>
    group.reduce((total, { result }) => total + result.endings[ending], 0);
  const ratios = group.flatMap((sample) => {
    const base = all.find((one) => one.contender === floor && one.x === x && one.round === sample.round);
    return base === undefined || base === sample ? [] : [throughputOf(sample) / throughputOf(base)];
  });
  return {
    contender,
    x,
    throughput: over(throughputOf),
    p50Ms: over(({ result }) => result.latency.p50Ms),
    p95Ms: over(({ result }) => result.latency.p95Ms),
    p99Ms: over(({ result }) => result.latency.p99Ms),
    ...(ratios.length > 0 ? { ofFloor: spreadOf(ratios) } : {}),
    perTransaction: perTransactionOf(group),
    residentMib: residentMibOf(group),
    aborted: sum('aborted'),
    overloaded: sum('overloaded'),
    late: sum('late'),
  };
}

const MIB = 1024 * 1024;

function residentMibOf(group: readonly Sample[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const { cost } of group) {
    for (const [name, bytes] of Object.entries(cost.residentBytes))
      most[name] = Math.max(most[name] ?? 0, bytes / MIB);
  }
  return most;
}
