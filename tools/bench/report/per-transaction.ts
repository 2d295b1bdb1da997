import type { Sample } from '../run.js';

/** What one committed transaction cost; these drift far less with the machine than times do. */
export interface PerTransaction {
  /** Microseconds of CPU by component. */
  readonly cpuUs: Readonly<Record<string, number>>;
  readonly commits: number;
  readonly statements: number;
  readonly walBytes: number;
  readonly walSyncs: number;
  readonly records: number;
  readonly recordsByTopic: Readonly<Record<string, number>>;
}

export function perTransactionOf(samples: readonly Sample[]): PerTransaction {
  const committed = samples.reduce((sum, { result }) => sum + result.endings.committed, 0);
  const each = (value: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / Math.max(1, committed);
  const byName = (of: (sample: Sample) => Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(
      Object.keys(of(samples[0]!)).map((name) => [name, each((sample) => of(sample)[name] ?? 0)]),
    );
  const cpu = byName(({ cost }) => cost.cpuSeconds);
  return {
    cpuUs: Object.fromEntries(Object.entries(cpu).map(([name, seconds]) => [name, seconds * 1e6])),
    commits: each(({ cost }) => cost.commits),
    statements: each(({ cost }) => cost.statements),
    walBytes: each(({ cost }) => cost.walBytes),
    walSyncs: each(({ cost }) => cost.walSyncs),
    records: each(({ cost }) => cost.records),
    recordsByTopic: byName(({ cost }) => cost.recordsByTopic),
  };
}
