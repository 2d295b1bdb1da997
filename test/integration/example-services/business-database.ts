import path from 'node:path';
import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { startPostgres, temporaryDirectory } from '#stack';

/** A real server with one database, and connections to it. */
export interface BusinessDatabase {
  readonly url: string;
  /** A connection of its own, closed by `stop`. */
  connect(): Promise<pg.Client>;
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  stop(): Promise<void>;
}

export async function startBusinessDatabase(
  migrations: readonly (new () => MigrationInterface)[],
): Promise<BusinessDatabase> {
  const directory = await temporaryDirectory('business');
  const postgres = await startPostgres({ dataDir: path.join(directory.path, 'data'), databases: ['shop'] });
  const url = postgres.url('shop');
  const source = new DataSource({ type: 'postgres', url, migrations: [...migrations], extra: { max: 1 } });
  await source.initialize();
  await source.runMigrations();
  await source.destroy();
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    clients.push(client);
    return client;
  };
  const own = await connect();
  return {
    url,
    connect,
    query: async <R extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await own.query<R>(text, values)).rows,
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await postgres.stop('immediate');
      await directory.remove();
    },
  };
}

/** A session that waits for a lock is visible to others: resolves when there is one. */
export async function someoneWaits(database: BusinessDatabase): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
  while ((await database.query(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve));
}
