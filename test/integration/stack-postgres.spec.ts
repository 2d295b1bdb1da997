/** The PostgreSQL that tests and the all-in-one start is a real one, survives crashes and leaves nothing behind. */
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';

import { freePort, startPostgres, temporaryDirectory, type Postgres, type TemporaryDirectory } from '#stack';
import { postgresAccount } from '../../tools/stack/postgres/account.js';
import { postgresBinaries } from '../../tools/stack/postgres/binaries.js';
import { launchServer } from '../../tools/stack/postgres/launch.js';
import { serverSettings } from '../../tools/stack/postgres/options.js';

async function query<T extends pg.QueryResultRow>(url: string, ...statements: string[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: T[] = [];
    for (const statement of statements) rows = (await client.query<T>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

const SESSIONS = 120;

/** One that is left open; its server may die under it. */
async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

jest.setTimeout(60_000);

let directory: TemporaryDirectory;
let postgres: Postgres;

beforeAll(async () => {
  directory = await temporaryDirectory('postgres');
  postgres = await startPostgres({ dataDir: path.join(directory.path, 'data'), databases: ['concordat'] });
  await postgres.createDatabase('payments', { owner: 'payments' });
});

afterAll(async () => {
  await postgres?.stop('immediate');
  await directory?.remove();
});

describe('PostgreSQL of the stack', () => {
  it('allows prepared transactions and syncs every commit to the disk', async () => {
    const rows = await query(
      postgres.adminUrl,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'max_prepared_transactions') ORDER BY name`,
    );
    expect(rows).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'max_prepared_transactions', setting: '256' },
    ]);
  });

  it('keeps a prepared transaction through kill -9 of the server, for the role that prepared it', async () => {
    const url = postgres.url('payments', 'payments');
    const killed = postgres.pid;
    await query(
      url,
      'CREATE TABLE account (balance int)',
      'BEGIN',
      'INSERT INTO account VALUES (7)',
      `PREPARE TRANSACTION 'g'`,
    );

    await postgres.kill9();
    await postgres.restart();

    expect(postgres.pid).not.toBe(killed);
    expect(await query(url, 'SELECT gid, owner FROM pg_prepared_xacts')).toEqual([
      { gid: 'g', owner: 'payments' },
    ]);
    expect(await query(url, `COMMIT PREPARED 'g'`, 'SELECT balance FROM account')).toEqual([{ balance: 7 }]);
  });

  it('starts again at once after kill -9, however many sessions are still about to notice', async () => {
    for (let round = 0; round < 3; round += 1) {
      const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => session(postgres.adminUrl)));
      await postgres.kill9();
      await postgres.restart();
      await Promise.all(sessions.map((client) => client.end()));
    }

    expect(await query(postgres.adminUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('makes a database once, and drops it', async () => {
    await postgres.createDatabase('scratch');
    await postgres.createDatabase('scratch');
    await postgres.createDatabase('copy', { template: 'scratch' });
    expect(await query(postgres.url('copy'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

    await postgres.dropDatabase('scratch');

    const left = await query(
      postgres.adminUrl,
      `SELECT datname FROM pg_database WHERE datname IN ('scratch', 'copy')`,
    );
    expect(left).toEqual([{ datname: 'copy' }]);
  });

  it('refuses a second start on a data directory in use, and leaves the first one alone', async () => {
    const second = startPostgres({ dataDir: path.join(directory.path, 'data'), reuse: true });
    await expect(second).rejects.toThrow(`is in use by process ${process.pid}`);
    expect(await query(postgres.adminUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('refuses a directory that holds something else', async () => {
    const foreign = startPostgres({ dataDir: directory.path });
    await expect(foreign).rejects.toThrow('is not empty and no PostgreSQL data directory');
  });
});

describe('a PostgreSQL that a killed run left behind', () => {
  it('is an error without reuse; with reuse it is taken over, and can be stopped', async () => {
    const dataDir = path.join(directory.path, 'left');
    await (await startPostgres({ dataDir })).stop();
    const port = await freePort();
    const orphan = await launchServer(planFor(dataDir), port);

    await expect(startPostgres({ dataDir })).rejects.toThrow(`process ${orphan.pid}) still serves`);
    const adopted = await startPostgres({ dataDir, reuse: true });

    expect([adopted.pid, adopted.port]).toEqual([orphan.pid, port]);
    expect(await query(adopted.adminUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await adopted.stop();
    expect(await orphan.exited).toEqual({ code: 0, signal: null });
  });

  it('is restarted when it has other settings than asked for', async () => {
    const dataDir = path.join(directory.path, 'other');
    await (await startPostgres({ dataDir })).stop();
    const port = await freePort();
    const orphan = await launchServer(planFor(dataDir), port);

    const adopted = await startPostgres({ dataDir, reuse: true, maxPreparedTransactions: 3 });

    expect(adopted.pid).not.toBe(orphan.pid);
    expect(await query(adopted.adminUrl, 'SHOW max_prepared_transactions')).toEqual([
      { max_prepared_transactions: '3' },
    ]);
    await adopted.stop();
  });

  function planFor(dataDir: string) {
    const { initdb, postgres: program } = postgresBinaries();
    const account = postgresAccount([dataDir, program, initdb]);
    return { program, account, dataDir, logFile: `${dataDir}.log`, settings: serverSettings({ dataDir }) };
  }
});
