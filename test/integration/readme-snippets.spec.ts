/** What the README shows of writing participants and initiators runs: over a real PostgreSQL and the embedded broker. */
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';

import { createEmbeddedBroker, type EmbeddedBroker } from '#messaging';
import { silentLog } from '#observability';
import type { ParticipantRuntime } from '#participant';
import { createPostgresBranchStore, migrateParticipant, type BranchStore } from '#persistence';
import { startPostgres, temporaryDirectory, type Postgres, type TemporaryDirectory } from '#stack';
import { startCoordinator, type RunningApp } from '../../apps/coordinator/src/index.js';
import { bookTrip } from '../snippets/book-trip.js';
import { createSeats } from '../snippets/seats.js';
import { TripsModule } from '../snippets/trips.module.js';
import { Trips } from '../snippets/trips.js';
import { WalletsModule } from '../snippets/wallets.module.js';
import { eventually } from '../support/eventually.js';

const TABLES: Record<string, string> = {
  wallets: `CREATE TABLE wallet (id text PRIMARY KEY, cents int); INSERT INTO wallet VALUES ('ann', 10000)`,
  seats: `CREATE TABLE flight (id text PRIMARY KEY, seats int, held int DEFAULT 0, taken int DEFAULT 0);
          INSERT INTO flight (id, seats) VALUES ('LH1', 2)`,
  trips: `CREATE TABLE trip (id uuid PRIMARY KEY, status text)`,
};

let directory: TemporaryDirectory;
let postgres: Postgres;
let broker: EmbeddedBroker;
let coordinator: RunningApp;
let wallets: INestApplicationContext;
let trips: INestApplicationContext;
let seats: ParticipantRuntime;
let seatStore: BranchStore;

async function query<R extends pg.QueryResultRow>(database: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: postgres.url(database) });
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

const settings = (database: string) => ({
  bus: broker.connect(database),
  url: postgres.url(database),
  log: silentLog,
});

const registered = async (): Promise<boolean> => {
  const answer = await fetch(`${coordinator.url}/v1/participants`);
  return answer.ok && ((await answer.json()) as { items: unknown[] }).items.length === 2;
};

beforeAll(async () => {
  directory = await temporaryDirectory('snippets');
  const databases = ['ledger', ...Object.keys(TABLES)];
  postgres = await startPostgres({ dataDir: path.join(directory.path, 'postgres'), databases });
  for (const [database, text] of Object.entries(TABLES)) await query(database, text);
  broker = createEmbeddedBroker({ log: silentLog });
  const env = { DATABASE_URL: postgres.url('ledger'), PORT: '0', LOG_LEVEL: 'silent' };
  coordinator = await startCoordinator({ env, bus: broker.connect('coordinator') });
  wallets = await NestFactory.createApplicationContext(WalletsModule.over(settings('wallets')), {
    logger: false,
  });
  trips = await NestFactory.createApplicationContext(TripsModule.over(settings('trips')), { logger: false });
  await migrateParticipant(postgres.url('seats'));
  seatStore = createPostgresBranchStore({ participant: 'seats', url: postgres.url('seats'), log: silentLog });
  seats = createSeats(broker.connect('seats'), seatStore);
  await seats.start();
  await eventually(registered);
});

afterAll(async () => {
  await Promise.all([wallets?.close(), trips?.close(), seats?.stop()]);
  await seatStore?.close();
  await coordinator?.stop();
  await postgres?.stop('immediate');
  await directory?.remove();
});

const cents = async (): Promise<number | undefined> =>
  (await query<{ cents: number }>('wallets', 'SELECT cents FROM wallet'))[0]?.cents;

const taken = async (): Promise<object | undefined> =>
  (await query('seats', 'SELECT held, taken FROM flight'))[0];

/** Acknowledged by everybody: the client may know the outcome before. */
const applied = (): Promise<void> =>
  eventually(async () => {
    const open = 'SELECT 1 FROM concordat.transaction WHERE ended_at IS NULL';
    return (await query('ledger', open)).length === 0;
  });

describe('the snippets of the README', () => {
  it('book a trip over HTTP: seat and money, or neither', async () => {
    expect(await bookTrip([coordinator.url], 'ann', 'LH1')).toBe('BOOKED');
    await applied();
    expect([await cents(), await taken()]).toEqual([100, { held: 0, taken: 1 }]);

    expect(await bookTrip([coordinator.url], 'ann', 'LH1')).toBe('REFUSED: INSUFFICIENT_FUNDS');
    await applied();
    expect([await cents(), await taken()]).toEqual([100, { held: 0, taken: 1 }]);
  });

  it('book a trip by the outbox, and hear how it ended', async () => {
    const id = await trips.get(Trips).book('ann', 'LH1');

    await eventually(
      async () => (await query('trips', `SELECT 1 FROM trip WHERE status = 'PENDING'`)).length === 0,
    );
    expect(await query('trips', 'SELECT id, status FROM trip')).toEqual([
      { id, status: 'REFUSED: INSUFFICIENT_FUNDS' },
    ]);
  });
});
