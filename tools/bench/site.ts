import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import pg from 'pg';

import { startKafka, startPostgres, temporaryDirectory, type Kafka, type Postgres } from '#stack';
import { CREATE_ACCOUNTS, FILL_ACCOUNTS } from './transfer/account-sql.js';
import { ACCOUNTS } from './transfer/pick-account.js';

/** Plenty: no transfer of the workload is refused for want of money. */
const OPENING_BALANCE = 1_000_000_000;

/** Durable as in production; enough memory and log that checkpoints do not fall into a measurement by chance. */
export const POSTGRES_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.max': '10000',
};

/** What everything measured runs on: one PostgreSQL, one Kafka broker, a place for logs. */
export interface Site {
  readonly postgres: Postgres;
  readonly kafka: Kafka;
  readonly logDir: string;
  /** Where CPU profiles go; absent: none are made. */
  readonly profileDir: string | undefined;
  /** Rejects when a process of the bench ended by itself: whatever waits for it waits for ever. */
  readonly died: Promise<never>;
  readonly onDeath: (error: Error) => void;
  /** A new database of a role of its own name; returns its URL. */
  database(name: string): Promise<string>;
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly profileDir?: string | undefined;
  /** Long runs deserve the optimizing compiler of the broker's Java machine; short ones end before it pays. */
  readonly long: boolean;
  readonly say: (line: string) => void;
}

/** Starts the servers. When one of them does not come up nothing is left behind. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const directory = await temporaryDirectory('bench');
  let postgres: Postgres | undefined;
  let kafka: Kafka | undefined;
  const close = async (): Promise<void> => {
    await kafka?.stop();
    await postgres?.stop('immediate');
    await directory.remove();
  };
  try {
    postgres = await startDatabase(directory.path, options);
    kafka = await startBroker(directory.path, options);
    return await siteOf(directory.path, postgres, kafka, options, close);
  } catch (error) {
    await close();
    throw error;
  }
}

const startDatabase = (directory: string, { say }: SiteOptions): Promise<Postgres> =>
  startPostgres({
    dataDir: path.join(directory, 'postgres'),
    maxPreparedTransactions: 2_000,
    maxConnections: 400,
    settings: { ...POSTGRES_SETTINGS },
    log: say,
  });

const startBroker = (directory: string, { long, say }: SiteOptions): Promise<Kafka> =>
  startKafka({ dir: path.join(directory, 'kafka'), log: say, ...(long ? { jvm: [], heap: '1g' } : {}) });

async function siteOf(
  directory: string,
  postgres: Postgres,
  kafka: Kafka,
  { profileDir }: SiteOptions,
  close: () => Promise<void>,
): Promise<Site> {
  const logDir = path.join(directory, 'logs');
  await mkdir(logDir);
  if (profileDir !== undefined) await mkdir(profileDir, { recursive: true });
  await runSql(postgres.adminUrl, 'CREATE EXTENSION pg_stat_statements');
  let onDeath!: (error: Error) => void;
  const died = new Promise<never>((_, reject) => (onDeath = reject));
  // Raced against the work; before and after it nobody listens.
  died.catch(() => undefined);
  return {
    ...{ postgres, kafka, logDir, profileDir, died, onDeath, close },
    database: async (name) => {
      await postgres.createDatabase(name, { owner: name });
      return postgres.url(name, name);
    },
  };
}

/** Runs statements over a connection of its own. */
export async function runSql<R extends pg.QueryResultRow>(
  url: string,
  text: string,
  values?: readonly unknown[],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text, values === undefined ? undefined : [...values])).rows;
  } finally {
    await client.end();
  }
}

/** A participant's database with its accounts, and what else `more` creates. */
export async function accountDatabase(site: Site, name: string, more = ''): Promise<string> {
  const url = await site.database(name);
  await runSql(url, `${CREATE_ACCOUNTS}; ${more}`);
  await runSql(url, FILL_ACCOUNTS, [ACCOUNTS, OPENING_BALANCE]);
  await runSql(url, 'VACUUM (ANALYZE) bank.account');
  return url;
}
