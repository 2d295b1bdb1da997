/** A participant that died with prepared branches: the watchdog, given its database, ends them without its code. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { createEmbeddedBroker, type EmbeddedBroker } from '#messaging';
import { silentLog } from '#observability';
import { createParticipant, defineOperation, type ParticipantRuntime } from '#participant';
import { createPostgresBranchStore, migrateParticipant, type BranchStore } from '#persistence';
import { startPostgres, temporaryDirectory, type Postgres, type TemporaryDirectory } from '#stack';
import { topicNames } from '#wire';
import { startCoordinator, type RunningApp } from '../../../apps/coordinator/src/index.js';
import { startWatchdog } from '../../../apps/watchdog/src/index.js';
import { ScriptedParticipant, willing } from '../coordinator/scripted-participant.js';
import { branch, eventually, type Shown } from '../coordinator/world.js';

const topics = topicNames('test');
let directory: TemporaryDirectory;
let postgres: Postgres;
let broker: EmbeddedBroker;
let stock: ScriptedParticipant;
let coordinator: RunningApp;
let watchdog: RunningApp;

/** The participant `money` on xa, in its own database and role. */
interface Money {
  readonly runtime: ParticipantRuntime;
  readonly store: BranchStore;
}

const pay = defineOperation({
  name: 'reserve',
  xa: {
    schema: z.object({ amount: z.int() }),
    work: {
      one: async ({ client, payload }) => {
        await client.query('UPDATE account SET balance = balance - $1', [payload.amount]);
      },
    },
  },
});

async function startMoney(): Promise<Money> {
  const url = postgres.url('money', 'money');
  const store = createPostgresBranchStore({ participant: 'money', url, log: silentLog });
  const runtime = createParticipant({
    name: 'money',
    operations: [pay],
    store,
    bus: broker.connect('money'),
    instance: 'money-1',
    topicPrefix: 'test',
    createTopics: { partitions: 2, replication: 1 },
  });
  await runtime.start();
  return { runtime, store };
}

async function money(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: postgres.url('money', 'money') });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const appEnv = () => ({
  DATABASE_URL: postgres.url('ledger'),
  PORT: '0',
  LOG_LEVEL: 'silent',
  CONCORDAT_TOPIC_PREFIX: 'test',
  CONCORDAT_PARTITIONS: '2',
});

beforeAll(async () => {
  directory = await temporaryDirectory('watchdog');
  postgres = await startPostgres({ dataDir: path.join(directory.path, 'data'), databases: ['ledger'] });
  await postgres.createDatabase('money', { owner: 'money' });
  await migrateParticipant(postgres.url('money', 'money'));
  await money('CREATE TABLE account (balance integer)');
  await money('INSERT INTO account VALUES (100)');
  broker = createEmbeddedBroker({ log: silentLog });
  stock = await ScriptedParticipant.start('stock', broker.connect('stock'), topics);
  const observability = { processMetrics: false };
  coordinator = await startCoordinator({ env: appEnv(), bus: broker.connect('c'), observability });
  const databases = `money=${postgres.url('money', 'money')}`;
  watchdog = await startWatchdog({
    env: { ...appEnv(), CONCORDAT_PARTICIPANT_DATABASES: databases },
    bus: broker.connect('w'),
    observability,
  });
  for (const { url } of [coordinator, watchdog])
    await eventually(async () => (await fetch(`${url}/health/ready`)).status === 200);
});

afterAll(async () => {
  await watchdog?.stop();
  await coordinator?.stop();
  await postgres?.stop('immediate');
  await directory?.remove();
});

async function begin(timeoutMs: number, amount: number): Promise<string> {
  const branches = [branch('a', 'stock'), branch('b', 'money', { payload: { amount } })];
  const response = await fetch(`${coordinator.url}/v1/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ timeoutMs, branches }),
  });
  const { id } = (await response.json()) as Shown;
  return id;
}

async function shown(id: string): Promise<Shown> {
  return (await (await fetch(`${coordinator.url}/v1/transactions/${id}`)).json()) as Shown;
}

/** Begins one whose stock does not vote yet, waits until money is prepared, and lets money die. */
async function diePrepared(timeoutMs: number, amount: number): Promise<string> {
  stock.script = (command) => (command.type === 'PREPARE' ? null : willing(command));
  const { runtime, store } = await startMoney();
  await eventually(async () => {
    const { items } = (await (await fetch(`${coordinator.url}/v1/participants`)).json()) as {
      items: unknown[];
    };
    return items.length === 2;
  });
  const id = await begin(timeoutMs, amount);
  await eventually(async () => (await money('SELECT gid FROM pg_prepared_xacts')).length === 1);
  await runtime.stop();
  await store.close();
  return id;
}

describe('a participant that died while prepared', () => {
  it('gets its branch committed by the watchdog once everybody voted', async () => {
    const id = await diePrepared(60_000, 30);

    stock.script = willing;

    await eventually(async () => (await shown(id)).endedAt !== null);
    expect(await shown(id)).toMatchObject({ state: 'COMMITTED', outcome: 'committed' });
    expect(await money('SELECT balance FROM account')).toEqual([{ balance: 70 }]);
    expect(await money('SELECT gid FROM pg_prepared_xacts')).toEqual([]);
  });

  it('gets its branch aborted, with a tombstone against a late PREPARE, when the time is over', async () => {
    const id = await diePrepared(500, 50);

    await eventually(async () => (await shown(id)).endedAt !== null);

    expect(await shown(id)).toMatchObject({ state: 'ABORTED', outcome: 'aborted' });
    expect(await money('SELECT balance FROM account')).toEqual([{ balance: 70 }]);
    expect(await money('SELECT gid FROM pg_prepared_xacts')).toEqual([]);
    const rows = await money(`SELECT state FROM concordat.branch WHERE gtx = '${id}'`);
    expect(rows).toEqual([{ state: 'ABORTED' }]);
  });

  it('shows in the status of the watchdog', async () => {
    const status = (await (await fetch(`${watchdog.url}/v1/status`)).json()) as Record<string, unknown>;

    expect(status).toMatchObject({
      app: 'watchdog',
      open: true,
      participantDatabases: [{ participant: 'money', reachable: true, finished: 2 }],
    });
  });
});
