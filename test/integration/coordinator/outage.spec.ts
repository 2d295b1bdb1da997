/** The database goes away and comes back; the coordinator stops while callers wait: nothing accepted is lost, nothing is claimed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { startCoordinator } from '../../../apps/coordinator/src/index.js';
import { World, branch, eventually, plan, type Shown } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start('coordinator-outage');
});
afterAll(() => world.end());

const ready = async (url: string): Promise<{ status: number; checks: Record<string, { ok: boolean }> }> => {
  const response = await fetch(`${url}/health/ready`);
  const { checks } = (await response.json()) as { checks: Record<string, { ok: boolean }> };
  return { status: response.status, checks };
};

describe('a coordinator whose database went away', () => {
  it('answers 503, is not ready, lives, and goes on by itself with what it had accepted', async () => {
    const waiting = plan({
      branches: [branch('a', 'stock', { payload: { silent: true } })],
      timeoutMs: 1_000,
    });
    const { id } = (await world.post<Shown>('/v1/transactions', waiting)).body;

    await world.postgres.kill9();

    const refused = systemRandom.uuidv7();
    const begun = await world.post('/v1/transactions', plan({ id: refused }));
    expect(begun).toMatchObject({ status: 503, body: { code: 'CONCORDAT_UNAVAILABLE' } });
    expect(begun.headers.get('retry-after')).not.toBeNull();
    for (const path of ['/v1/transactions', `/v1/transactions/${id}`, '/v1/participants', '/v1/recovery'])
      expect((await world.get(path)).status).toBe(503);
    await eventually(async () => (await ready(world.app.url)).status === 503);
    expect((await ready(world.app.url)).checks).toMatchObject({
      database: { ok: false },
      broker: { ok: true },
    });
    expect((await world.get('/health/live')).status).toBe(200);

    await world.postgres.restart();

    await eventually(async () => (await ready(world.app.url)).status === 200);
    const ended = await world.until(id, ({ endedAt, outcome }) => endedAt !== null || outcome !== null);
    expect(ended.outcome).toBe('aborted');
    const again = await world.post<Shown>('/v1/transactions?wait=applied', plan({ id: refused }));
    expect(again).toMatchObject({ status: 200, body: { id: refused, outcome: 'committed' } });
  });

  it('starts without it, waits, and is ready once it is there', async () => {
    await world.postgres.kill9();
    const late = await startCoordinator({
      env: {
        DATABASE_URL: world.postgres.url('ledger'),
        PORT: '0',
        LOG_LEVEL: 'silent',
        CONCORDAT_TOPIC_PREFIX: 'test',
        CONCORDAT_PARTITIONS: '2',
      },
      bus: world.broker.connect('late'),
      observability: { processMetrics: false },
    });
    expect((await ready(late.url)).status).toBe(503);
    const early = await fetch(`${late.url}/v1/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(plan()),
    });
    expect(early.status).toBe(503);

    await world.postgres.restart();

    await eventually(async () => (await ready(late.url)).status === 200);
    await late.stop();
    await eventually(async () => (await ready(world.app.url)).status === 200);
  });
});

describe('a coordinator that stops', () => {
  it('answers those who wait with the present state, and another one takes over what it drove', async () => {
    const other = await world.startAnother({ CONCORDAT_INSTANCE_ID: 'other' });
    await world.ready(other);
    const body = plan({ branches: [branch('a', 'stock', { payload: { silent: true } })], timeoutMs: 60_000 });
    const before = world.stock.commands.length;
    const waiting = fetch(`${other.url}/v1/transactions?wait=applied&waitMs=60000`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await eventually(() => world.stock.commands.length > before);

    await other.stop();

    const answer = await waiting;
    const shown = (await answer.json()) as Shown;
    expect([answer.status, shown.outcome]).toEqual([202, null]);
    await world.post(`/v1/recovery/transactions/${shown.id}/force-abort`, { reason: 'test' });
    expect(await world.until(shown.id, ({ endedAt }) => endedAt !== null)).toMatchObject({
      outcome: 'aborted',
    });
  });
});
