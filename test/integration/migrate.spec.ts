/** `concordat migrate`: says what it did, does it once, and can start a restored ledger in recovery hold. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres, temporaryDirectory, type Postgres, type TemporaryDirectory } from '#stack';
import { migrateOptions } from '../../apps/migrate/src/migrate-options.js';
import { runMigrations } from '../../apps/migrate/src/run-migrations.js';

let directory: TemporaryDirectory;
let postgres: Postgres;
beforeAll(async () => {
  directory = await temporaryDirectory('migrate');
  const databases = ['ledger', 'stock', 'money'];
  postgres = await startPostgres({ dataDir: path.join(directory.path, 'data'), databases });
});
afterAll(async () => {
  await postgres?.stop('immediate');
  await directory?.remove();
});

async function migrate(argv: readonly string[], env: Record<string, string>): Promise<string[]> {
  const lines: string[] = [];
  await runMigrations(migrateOptions(argv), env, (line) => lines.push(line));
  return lines;
}

async function ledgerState(): Promise<unknown> {
  const client = new pg.Client({ connectionString: postgres.url('ledger') });
  await client.connect();
  try {
    return (await client.query('SELECT epoch, hold FROM concordat.ledger_state')).rows;
  } finally {
    await client.end();
  }
}

describe('concordat migrate', () => {
  it('brings the coordinator and every participant database given up to date, once, and names no password', async () => {
    const env = {
      DATABASE_URL: postgres.url('ledger'),
      CONCORDAT_PARTICIPANT_DATABASES: `stock=${postgres.url('stock')}`,
    };

    const first = await migrate([], env);
    const second = await migrate([], env);

    expect(first[0]).toMatch(
      /^coordinator schema of 127\.0\.0\.1:\d+\/ledger: applied \d+: CreateTransactions/,
    );
    expect(first[1]).toMatch(/^participant schema of .*\/stock: applied \d+: CreateBranches/);
    expect(second.map((line) => line.split(': ')[1])).toEqual(['is up to date', 'is up to date']);
    expect([...first, ...second].join()).not.toContain('postgres:');
  });

  it('takes the database of a participant alone', async () => {
    const [line] = await migrate(['--schema', 'participant'], { DATABASE_URL: postgres.url('money') });
    expect(line).toMatch(/^participant schema of .*\/money: applied/);
  });

  it('puts a restored ledger into recovery hold under a new epoch, before any coordinator starts', async () => {
    await migrate(['--hold'], { DATABASE_URL: postgres.url('ledger') });
    expect(await ledgerState()).toEqual([{ epoch: 2, hold: true }]);
  });

  it('refuses a wrong environment, with every fault', async () => {
    await expect(migrate([], { CONCORDAT_DATABSE: 'x' })).rejects.toThrow(
      /DATABASE_URL[^]*CONCORDAT_DATABSE|CONCORDAT_DATABSE[^]*DATABASE_URL/,
    );
    await expect(migrate(['--hold', '--schema', 'participant'], {})).rejects.toThrow(/--hold/);
  });
});
