import { migrateParticipant } from '#persistence';
import { startPostgres, temporaryDirectory, type Postgres } from '#stack';
import path from 'node:path';
import pg from 'pg';

/** A real server with the participants' databases `one` (of role payments) and `two` (of role inventory, payments may use it). */
export interface ParticipantServer {
  readonly postgres: Postgres;
  url(database: string, role?: string): string;
  /** Statements on one connection of the superuser. */
  query<T extends pg.QueryResultRow>(database: string, text: string, values?: unknown[]): Promise<T[]>;
  stop(): Promise<void>;
}

const DATABASES = [
  ['one', 'payments'],
  ['two', 'inventory'],
] as const;

async function run<T extends pg.QueryResultRow>(url: string, text: string, values?: unknown[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

async function makeDatabases(postgres: Postgres): Promise<void> {
  for (const [database, owner] of DATABASES) {
    await postgres.createDatabase(database, { owner });
    await migrateParticipant(postgres.url(database, owner));
    await run(
      postgres.url(database, owner),
      `CREATE TABLE business (key text PRIMARY KEY, value text NOT NULL);
       GRANT USAGE ON SCHEMA concordat TO payments;
       GRANT ALL ON ALL TABLES IN SCHEMA concordat TO payments;
       GRANT ALL ON business TO payments`,
    );
  }
}

/** @param slots max_prepared_transactions; other settings as of postgresql.conf */
export async function startParticipantServer(
  slots: number,
  settings: Record<string, string> = {},
): Promise<ParticipantServer> {
  const directory = await temporaryDirectory('participant-store');
  const dataDir = path.join(directory.path, 'data');
  const postgres = await startPostgres({ dataDir, maxPreparedTransactions: slots, settings });
  await makeDatabases(postgres);
  return {
    postgres,
    url: (database, role) => postgres.url(database, role),
    query: (database, text, values) => run(postgres.url(database), text, values),
    stop: async () => {
      await postgres.stop('immediate');
      await directory.remove();
    },
  };
}
