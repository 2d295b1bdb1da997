import type { Log } from '#observability';
import pg from 'pg';

export interface PoolOptions {
  readonly url: string;
  /** Connections at most. Default 8. */
  readonly max?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly log: Log;
  /** Session settings beyond those below, set once per connection: `{ lock_timeout: '1s' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Waiting for a free connection, or for the server to accept one. Default 5000. */
  readonly connectTimeoutMs?: number;
  /**
   * An answer that does not come within this ends the connection on our side (a host that vanished). Never a
   * statement_timeout: the server is not told, so that a commit under way is not cut off. Default 30000.
   */
  readonly answerTimeoutMs?: number;
}

/**
 * Sessions promise durability whatever the role's or the database's default is; a stronger setting (remote_apply) is kept.
 * Texts of dates are ISO, and an operator's statement_timeout does not reach decisions.
 */
const SESSION = `
SELECT set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on'
                  ELSE current_setting('synchronous_commit') END, false),
       set_config('statement_timeout', '0', false),
       set_config('datestyle', 'ISO', false)`;

/** Runs the session settings; also for connections that others open (TypeORM). */
export async function settleSession(
  client: Pick<pg.ClientBase, 'query'>,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(settings);
  const more = names.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, false)`);
  const values = names.flatMap((name) => [name, settings[name]]);
  await client.query([SESSION, ...more].join(', '), values);
}

/**
 * A pool whose connections outlive quiet times and whose deaths are told to the log, not to the process: a server that goes
 * away fails the statements under way and nothing else; the next statement connects anew.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { log } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 8,
    application_name: options.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    idleTimeoutMillis: 60_000,
    query_timeout: options.answerTimeoutMs ?? 30_000,
    onConnect: (client) => settleSession(client, options.settings ?? {}) as unknown as void,
  });
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection ended'));
  pool.on('connect', (client) => {
    // Without a listener, a connection that dies while it is checked out would bring the process down.
    client.on('error', (error) => log.debug({ err: error }, 'a database connection ended'));
  });
  return pool;
}
