import { readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { createKafkaBus } from '#messaging';
import type { Bus } from '#messaging';
import { silentLog } from '#observability';
import { topicNames } from '#wire';
import { until } from '../../../crash/support/site.js';
import { APP_KINDS, kafkaFromEnvOrStart, startCluster, startPostgres, temporaryDirectory } from '#stack';
import type { AppKind, Cluster, ClusterOptions, Kafka, Postgres } from '#stack';
import type { Cell } from './cells.js';

/**
 * The installations the cells run in. solo: nobody can stand in for anybody. pair: another of each kind that is hit.
 * guard(s): the one coordinator is dead, and one or two watchdogs have to do.
 */
export type PodKind = 'solo' | 'pair' | 'guard' | 'guards';

/** Those that may be armed. */
const FIRST = APP_KINDS.map((kind) => `${kind}-1`);
/** Where a process is to come back as the one that it was, its name is the same. */
const SAME_NAMES = Object.fromEntries(FIRST.map((app) => [app, { CONCORDAT_INSTANCE_ID: app }]));

const SHAPES: Readonly<Record<PodKind, Partial<ClusterOptions>>> = {
  solo: { coordinators: 1, watchdogs: 0, appEnv: SAME_NAMES },
  pair: { coordinators: 2, watchdogs: 1, orders: 2, inventory: 2, payments: 2 },
  guard: { coordinators: 1, watchdogs: 1, appEnv: SAME_NAMES },
  guards: { coordinators: 1, watchdogs: 2 },
};

export function podFor({ victim, recovery }: Cell): PodKind {
  if (victim === 'watchdog') return recovery === 'same' ? 'guard' : 'guards';
  return recovery === 'same' ? 'solo' : 'pair';
}

/** One installation: processes and databases of its own on the broker and the server that all pods share. */
export interface Pod {
  readonly name: string;
  readonly cluster: Cluster;
  readonly brokers: string;
  readonly topicPrefix: string;
  /** Directory of what its processes print. */
  readonly logs: string;
  /** gtx of purchases made to see whether the pod works; no cell's business. */
  readonly probes: string[];
  query<R extends object>(kind: AppKind, text: string, values?: readonly unknown[]): Promise<R[]>;
  /** A session of its own, to hold locks. */
  session(kind: AppKind): Promise<pg.Client>;
  /** What `app` printed since `from` (bytes). */
  printed(app: string, from: number): string;
  printedBytes(app: string): number;
  /**
   * Starts what is down and arms each of `armed` (`<kind>-1` → spec), and nobody else. Resolves when all are ready.
   * Throws when what went before was not read within READ_MS.
   */
  arm(armed: ReadonlyMap<string, string>): Promise<void>;
  /** Nobody is struck any more; who starts now works. */
  disarm(): void;
  alive(kind: AppKind): readonly string[];
  close(): Promise<void>;
}

/** One broker, one PostgreSQL server, any number of pods. */
export interface Estate {
  /** Without orders it can run every cell but theirs. */
  open(kind: PodKind, withOrders: boolean): Promise<Pod>;
  close(): Promise<void>;
}

export async function openEstate(): Promise<Estate> {
  const dir = await temporaryDirectory('matrix');
  const [kafka, postgres] = await Promise.all([
    kafkaFromEnvOrStart({ dir: `${dir.path}/kafka` }),
    startPostgres({ dataDir: `${dir.path}/postgres` }),
  ]);
  let pods = 0;
  // One after another: a new broker that meets fifty new groups at once is long in finding their coordinators.
  let opening: Promise<unknown> = Promise.resolve();
  const open = (kind: PodKind, withOrders: boolean): Promise<Pod> => {
    const shape = { ...SHAPES[kind], ...(withOrders ? {} : { orders: 0 }) };
    const number = (pods += 1);
    const pod = opening.then(() => openPod(kind, number, shape, { dir: dir.path, kafka, postgres }));
    opening = pod.catch(() => undefined); // the one who opened it hears of it
    return pod;
  };
  const close = async (): Promise<void> => {
    await kafka.stop();
    await postgres.stop();
    await dir.remove();
  };
  return { open, close };
}

/** A laptop that does other things. */
const READY_MS = 180_000;
/** A dead reader's partitions are given to another one after 6 s. */
const READ_MS = 30_000;

interface Ground {
  readonly dir: string;
  readonly kafka: Kafka;
  readonly postgres: Postgres;
}

async function openPod(
  kind: PodKind,
  number: number,
  shape: Partial<ClusterOptions>,
  { dir, kafka, postgres }: Ground,
): Promise<Pod> {
  const name = `${kind}-${number}`;
  const logs = path.join(dir, name);
  await mkdir(logs, { recursive: true });
  const topicPrefix = `matrix-${process.pid}-${name}`;
  const cluster = await startCluster({
    ...{ kafka, postgres, topicPrefix, dir: logs, databasePrefix: `p${number}_` },
    // Few partitions: quicker to assign.
    // Orders name no time: theirs must outlast the move of a dead participant's partitions, or they abort, rightly.
    env: { CONCORDAT_PARTITIONS: '4', CONCORDAT_PREPARE_TIMEOUT_MS: '60000' },
    readyTimeoutMs: READY_MS,
    ...shape,
    appEnv: Object.fromEntries(FIRST.map((app) => [app, { ...shape.appEnv?.[app], ...armedBy(logs, app) }])),
  });
  const bus = createKafkaBus({ brokers: kafka.brokers.split(','), clientId: `${name}-pod`, log: silentLog });
  return new RunningPod(name, cluster, kafka.brokers, bus, topicPrefix, logs);
}

class RunningPod implements Pod {
  readonly probes: string[] = [];
  private readonly pools = new Map<string, pg.Pool>();

  constructor(
    readonly name: string,
    readonly cluster: Cluster,
    readonly brokers: string,
    private readonly bus: Bus,
    readonly topicPrefix: string,
    readonly logs: string,
  ) {}

  async query<R extends object>(kind: AppKind, text: string, values: readonly unknown[] = []): Promise<R[]> {
    const url = this.cluster.databaseUrl(kind);
    const pool = this.pools.get(url) ?? new pg.Pool({ connectionString: url, max: 2 });
    this.pools.set(url, pool);
    return (await pool.query<R>(text, [...values])).rows;
  }

  async session(kind: AppKind): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.cluster.databaseUrl(kind) });
    await client.connect();
    return client;
  }

  printed(app: string, from: number): string {
    return readFileSync(this.logOf(app)).subarray(from).toString();
  }

  printedBytes(app: string): number {
    return statSync(this.logOf(app)).size;
  }

  async arm(armed: ReadonlyMap<string, string>): Promise<void> {
    this.disarm();
    const down = this.cluster.names.filter((name) => this.cluster.app(name).exit !== undefined);
    await Promise.all(down.map((name) => this.cluster.restart(name)));
    await this.readUp();
    await Promise.all([...armed].map(([name, spec]) => writeFile(faultFile(this.logs, name), spec)));
  }

  disarm(): void {
    for (const name of FIRST) rmSync(faultFile(this.logs, name), { force: true });
  }

  /**
   * Replies that a killed driver had not marked as read come again, to whoever has its partitions next, and would strike an armed one
   * before this cell's transactions are there.
   */
  private async readUp(): Promise<void> {
    const { replies } = topicNames(this.topicPrefix);
    const group = `${replies}.drivers`;
    await until('every reply is read', READ_MS, async () => (await this.bus.lag(group, replies)) === 0);
  }

  alive(kind: AppKind): readonly string[] {
    const ofKind = this.cluster.names.filter((name) => name.startsWith(`${kind}-`));
    return ofKind.filter((name) => this.cluster.app(name).exit === undefined);
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.end()));
    await this.bus.close();
    await this.cluster.stopAll();
  }

  private logOf(app: string): string {
    return path.join(this.logs, `${app}.log`);
  }
}

/** Who holds its spec is armed while it runs: a start each time would cost more than the cell. */
const faultFile = (logs: string, app: string): string => path.join(logs, `${app}.fault`);
const armedBy = (logs: string, app: string) => ({ CONCORDAT_FAULT_POINT: `file:${faultFile(logs, app)}` });
