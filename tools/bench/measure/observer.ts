import type { Contender, Pids } from '../contenders/contender.js';
import type { Site } from '../site.js';
import { cpuSeconds, machineCpuSeconds, residentBytes } from './cpu.js';
import { PostgresCounter, type PostgresCounters, type StatementCount } from './postgres-counters.js';
import { RecordCounter, type RecordCounts } from './record-counter.js';

/** A look at everything that counts. */
export interface Look {
  readonly cpu: Record<string, number>;
  readonly machineCpu: number;
  readonly postgres: PostgresCounters;
  readonly statements: readonly StatementCount[];
  readonly records: RecordCounts;
  readonly residentBytes: Record<string, number>;
}

/** What a measured window cost. */
export interface Cost {
  /** CPU-seconds by component; `elsewhere` is what other processes of the machine used meanwhile. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  readonly commits: number;
  readonly statements: number;
  /** Which they were, most often asked first. */
  readonly statementCounts: readonly StatementCount[];
  readonly walBytes: number;
  readonly walPageImages: number;
  readonly walSyncs: number;
  readonly records: number;
  readonly recordsByTopic: RecordCounts;
  /** Memory of the largest Node process of each component, at the end. */
  readonly residentBytes: Readonly<Record<string, number>>;
}

/** Looks at processes, database and broker before and after. */
export class Observer {
  private constructor(
    private readonly site: Site,
    private readonly postgres: PostgresCounter,
    private readonly records: RecordCounter,
  ) {}

  static async open(site: Site): Promise<Observer> {
    return new Observer(
      site,
      await PostgresCounter.open(site.postgres.adminUrl),
      await RecordCounter.open(site.kafka.brokers),
    );
  }

  async look({ pids, databases, topicPrefix }: Contender): Promise<Look> {
    const { postgres, kafka } = this.site;
    const cpu = cpuSeconds({ ...pids(), postgres: [postgres.pid], kafka: kafka.pids });
    const machineCpu = machineCpuSeconds();
    const [counters, statements, records] = await Promise.all([
      this.postgres.read(databases),
      this.postgres.statements(databases),
      this.records.read(topicPrefix),
    ]);
    const resident = largestOf(pids());
    return { cpu, machineCpu, postgres: counters, statements, records, residentBytes: resident };
  }

  async close(): Promise<void> {
    await Promise.all([this.postgres.close(), this.records.close()]);
  }
}

export function costBetween(before: Look, after: Look): Cost {
  const cpu = difference(before.cpu, after.cpu);
  const ours = Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0);
  const recordsByTopic = difference(before.records, after.records);
  const elsewhere = Math.max(0, after.machineCpu - before.machineCpu - ours);
  const statementCounts = statementsBetween(before.statements, after.statements);
  const counted = (name: keyof PostgresCounters): number => after.postgres[name] - before.postgres[name];
  return {
    cpuSeconds: { ...cpu, elsewhere },
    commits: counted('commits'),
    statements: statementCounts.reduce((sum, { calls }) => sum + calls, 0),
    statementCounts,
    walBytes: counted('walBytes'),
    walPageImages: counted('walPageImages'),
    walSyncs: counted('walSyncs'),
    records: Object.values(recordsByTopic).reduce((sum, count) => sum + count, 0),
    recordsByTopic,
    residentBytes: after.residentBytes,
  };
}

const largestOf = (pids: Pids): Record<string, number> =>
  Object.fromEntries(
    Object.entries(pids).map(([component, own]) => [component, Math.max(...own.map(residentBytes))]),
  );

function difference(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  );
}

function statementsBetween(
  before: readonly StatementCount[],
  after: readonly StatementCount[],
): StatementCount[] {
  const earlier = new Map(before.map((one) => [`${one.database} ${one.query}`, one]));
  const counts = after.map((one) => {
    const base = earlier.get(`${one.database} ${one.query}`);
    return {
      ...one,
      calls: one.calls - (base?.calls ?? 0),
      executionMs: one.executionMs - (base?.executionMs ?? 0),
      rows: one.rows - (base?.rows ?? 0),
    };
  });
  return counts.filter(({ calls }) => calls > 0).sort((a, b) => b.calls - a.calls);
}
