import pg from 'pg';
import { kafkaFromEnvOrStart, startCluster, startPostgres, temporaryDirectory } from '#stack';
import type { AppKind, Cluster, ClusterOptions, Kafka, Postgres } from '#stack';

/** A whole installation for one test file: real Kafka, real PostgreSQL, every app a process. */
export interface Site {
  readonly cluster: Cluster;
  readonly kafka: Pick<Kafka, 'brokers'>;
  readonly postgres: Postgres;
  readonly topicPrefix: string;
  /** Rows of a query in the database of an app, from outside. */
  query<R extends object>(kind: AppKind, text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Prepared transactions of the whole server, whoever made them. */
  preparedGids(): Promise<readonly string[]>;
  /** Resolves when no transaction is live; when that takes longer, the error tells what is and the ends of the logs. */
  ended(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

type SiteOptions = Partial<Omit<ClusterOptions, 'kafka' | 'postgres' | 'dir' | 'topicPrefix'>>;

let sites = 0;

export async function openSite(name: string, options: SiteOptions = {}): Promise<Site> {
  const dir = await temporaryDirectory(name);
  const topicPrefix = `${name}-${process.pid}-${(sites += 1)}`;
  const [kafka, postgres] = await Promise.all([
    kafkaFromEnvOrStart({ dir: `${dir.path}/kafka` }),
    startPostgres({ dataDir: `${dir.path}/postgres` }),
  ]);
  const cluster = await startCluster({ kafka, postgres, dir: dir.path, topicPrefix, ...options });
  const pools = new Map<string, pg.Pool>();
  const query = async <R extends object>(
    kind: AppKind,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<R[]> => {
    const url = cluster.databaseUrl(kind);
    const pool = pools.get(url) ?? new pg.Pool({ connectionString: url, max: 2 });
    pools.set(url, pool);
    return (await pool.query<R>(text, [...values])).rows;
  };
  const preparedGids = async (): Promise<readonly string[]> =>
    (await query<{ gid: string }>('coordinator', 'SELECT gid FROM pg_prepared_xacts')).map(({ gid }) => gid);
  const live = (): Promise<object[]> =>
    query(
      'coordinator',
      'SELECT gtx, state, attempt, driver, tries, results, participants FROM concordat.transaction WHERE ended_at IS NULL LIMIT 5',
    );
  const ended = async (limitMs: number): Promise<void> => {
    try {
      await until('no transaction is live', limitMs, async () => (await live()).length === 0);
    } catch (error) {
      const logs = cluster.names.map((name) => `${name}: ${cluster.app(name).logTail().slice(-1_500)}`);
      throw new Error(`${String(error)}\n${JSON.stringify(await live(), null, 1)}\n${logs.join('\n')}`);
    }
  };
  const close = async (): Promise<void> => {
    await Promise.all([...pools.values()].map((pool) => pool.end()));
    await cluster.stopAll();
    await kafka.stop();
    await postgres.stop();
    await dir.remove();
  };
  return { cluster, kafka, postgres, topicPrefix, query, preparedGids, ended, close };
}

/** Polls until `condition` holds; throws with `what` after `limitMs`. */
export async function until(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean>,
): Promise<number> {
  const since = performance.now();
  for (;;) {
    if (await condition()) return performance.now() - since;
    if (performance.now() - since > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
const POLL_MS = 50;
