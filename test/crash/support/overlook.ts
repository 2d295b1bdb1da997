import pg from 'pg';
import { APP_KINDS } from '#stack';
import type { AppKind, Cluster } from '#stack';
import { until } from './until.js';

/** What a test sees of an installation from outside: its databases, and whether it has come to rest. */
export interface Overlook {
  /** Rows of a query in the database of an app. */
  query<R extends object>(kind: AppKind, text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Prepared transactions of every server, whoever made them. */
  preparedGids(): Promise<readonly string[]>;
  /** Resolves when no transaction is live; when that takes longer, the error tells what is and the ends of the logs. */
  ended(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

const LIVE =
  'SELECT gtx, state, attempt, driver, tries, results, participants FROM concordat.transaction WHERE ended_at IS NULL LIMIT 5';

export function overlook(cluster: Cluster): Overlook {
  const pools = new Map<string, pg.Pool>();
  const limits = { connectionTimeoutMillis: 10_000, query_timeout: 30_000 };
  const poolOf = (url: string): pg.Pool => {
    const known = pools.get(url);
    if (known) return known;
    const pool = new pg.Pool({ connectionString: url, max: 2, ...limits });
    // A server that is killed ends idle connections: that is what the test is about.
    pool.on('error', () => undefined);
    pools.set(url, pool);
    return pool;
  };
  const query = async <R extends object>(
    kind: AppKind,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<R[]> => (await poolOf(cluster.databaseUrl(kind)).query<R>(text, [...values])).rows;
  const preparedGids = async (): Promise<readonly string[]> => {
    const seen = await Promise.all(
      APP_KINDS.map((kind) => query<{ gid: string }>(kind, 'SELECT gid FROM pg_prepared_xacts')),
    );
    return [...new Set(seen.flat().map(({ gid }) => gid))];
  };
  const live = (): Promise<object[]> => query('coordinator', LIVE);
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
  };
  return { query, preparedGids, ended, close };
}
