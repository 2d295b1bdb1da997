import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startApp, startKafka, startPostgres, temporaryDirectory } from '#stack';
import type { TemporaryDirectory } from '#stack';
import { purchase, put, submit } from './support/requests.js';
import { call } from './support/shop.js';
import { openSite, until } from './support/site.js';
import type { Site } from './support/site.js';

jest.setTimeout(300_000);
const LIMIT_MS = 60_000;
describe('the database goes away and comes back', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite('outages');
    await put(site, 'inventory-1', '/stock/tea', { onHand: 100 });
    await put(site, 'payments-1', '/accounts/alice', { balance: 1_000 });
  });
  afterAll(() => site.close());

  it('503 meanwhile, no half state, and everything works again without a restart', async () => {
    const before = await submit(site, purchase(), '?wait=applied');
    expect(before?.body).toMatchObject({ state: 'COMMITTED' });

    await site.postgres.stop('immediate');
    const during = await submit(site, purchase());
    expect(during).toMatchObject({ status: 503, body: { code: expect.stringMatching(/^CONCORDAT_/) } });
    expect((await call(`${site.cluster.urls['coordinator-1']}/health/live`, {}))?.status).toBe(200);
    expect((await call(`${site.cluster.urls['coordinator-1']}/health/ready`, {}))?.status).toBe(503);
    await site.postgres.restart();

    await until('a transaction commits again', LIMIT_MS, async () => {
      const answer = await submit(site, purchase(), '?wait=applied&waitMs=5000');
      return (answer?.body as { state?: string } | null)?.state === 'COMMITTED';
    });
    await until('nothing is left live', LIMIT_MS, async () => {
      return (
        (await site.query('coordinator', 'SELECT 1 FROM concordat.transaction WHERE ended_at IS NULL'))
          .length === 0
      );
    });
    expect(await site.preparedGids()).toEqual([]);
  });
});

describe('a part is missing at start', () => {
  let dir: TemporaryDirectory;
  beforeAll(async () => {
    dir = await temporaryDirectory('missing');
  });
  afterAll(() => dir.remove());

  it('broker down: not ready, and ready by itself when it comes', async () => {
    const postgres = await startPostgres({ dataDir: `${dir.path}/pg-broker` });
    const kafka = await startKafka({ dir: `${dir.path}/kafka` });
    await postgres.createDatabase('concordat');
    await kafka.kill9(0);
    const app = await startApp('coordinator', {
      env: {
        DATABASE_URL: postgres.url('concordat'),
        KAFKA_BROKERS: kafka.brokers,
        CONCORDAT_TOPIC_PREFIX: `missing-${process.pid}`,
      },
    });

    await until('it says what is missing', LIMIT_MS, async () => {
      const answer = await call(`${app.url}/health/ready`, {});
      return answer?.status === 503 && /broker|kafka|topics/i.test(JSON.stringify(answer.body));
    });
    await kafka.restart(0);
    await app.ready(LIMIT_MS);

    expect((await app.stop()).code).toBe(0);
    await kafka.stop();
    await postgres.stop();
  });

  it('max_prepared_transactions = 0: an xa participant refuses to start, and names the remedy', async () => {
    const postgres = await startPostgres({ dataDir: `${dir.path}/pg-slots`, maxPreparedTransactions: 0 });
    await postgres.createDatabase('payments');
    const app = await startApp('payments', {
      env: {
        DATABASE_URL: postgres.url('payments'),
        KAFKA_BROKERS: '127.0.0.1:1',
        CONCORDAT_TOPIC_PREFIX: `slots-${process.pid}`,
      },
      logFile: `${dir.path}/payments.log`,
    });

    const exit = await app.exited;

    expect(exit.code).not.toBe(0);
    expect(app.logTail()).toMatch(/max_prepared_transactions/);
    await postgres.stop();
  });
});

describe('prepared-transaction slots are exhausted', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite('slots', { watchdogs: 1 });
    await put(site, 'inventory-1', '/stock/tea', { onHand: 100 });
    await put(site, 'payments-1', '/accounts/alice', { balance: 1_000 });
  });
  afterAll(() => site.close());

  it('NO(SLOTS): aborted without fallback, a saga with it', async () => {
    const foreign = await occupySlots(site);

    const aborted = await submit(site, purchase(), '?wait=applied');
    const fallen = await submit(site, purchase({ shape: { fallback: 'saga' } }), '?wait=applied');

    expect(aborted?.body).toMatchObject({ state: 'ABORTED', attempts: [{ reason: 'SLOTS' }] });
    expect(fallen?.body).toMatchObject({ state: 'SAGA_COMPLETED', attempt: 2 });
    // Foreign prepared transactions are never touched.
    expect((await site.preparedGids()).length).toBe(foreign);
  });
});

/** Somebody else's prepared transactions take every slot of the server. */
async function occupySlots(site: Site): Promise<number> {
  const [row] = await site.query<{ slots: string }>(
    'payments',
    `SELECT current_setting('max_prepared_transactions') AS slots`,
  );
  const slots = Number(row!.slots);
  for (let slot = 0; slot < slots; slot += 1) {
    await site.query('payments', `BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'foreign-${slot}'`);
  }
  return slots;
}
