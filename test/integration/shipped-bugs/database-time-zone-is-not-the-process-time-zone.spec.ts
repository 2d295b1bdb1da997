/** Shipped bug: database and process had different time zones; nothing was overdue for hours, or everything at once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '#observability';
import { World, branch, eventually, plan, type Shown } from '../coordinator/world.js';

/** UTC+14: no process of ours runs there. */
const ZONE = 'Pacific/Kiritimati';
const HOUR_MS = 3_600_000;

let world: World;
beforeAll(async () => {
  world = await World.start('time-zone');
  await world.app.stop();
  await inPostgres(`ALTER DATABASE ledger SET timezone TO '${ZONE}'`);
  world.app = await world.startAnother();
  await world.ready();
});
afterAll(() => world.end());

async function inPostgres(text: string): Promise<Record<string, unknown>[]> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: world.postgres.url('ledger') });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const offMs = (iso: string | null): number => Math.abs(Date.parse(iso ?? '') - systemClock.wallMs());
const waiting = (timeoutMs: number) => ({
  branches: [branch('a', 'stock', { payload: { silent: true } })],
  timeoutMs,
});

describe(`a database in ${ZONE}`, () => {
  it('is in another time zone than this process', async () => {
    const [zone] = await inPostgres('SHOW timezone');
    expect(zone).toEqual({ TimeZone: ZONE });
    expect(-new Date().getTimezoneOffset() / 60).not.toBe(14);
  });

  it('leaves alone what is not overdue, ends what is, and sends no storm', async () => {
    const patient = (await world.post<Shown>('/v1/transactions', waiting(HOUR_MS))).body.id;
    const { id } = (await world.post<Shown>('/v1/transactions', waiting(1_000))).body;

    const ended = await world.until(id, ({ outcome }) => outcome !== null);

    expect(ended.attempts).toMatchObject([{ decision: 'ABORT', reason: 'TIMEOUT' }]);
    const { body } = await world.get<Shown>(`/v1/transactions/${patient}`);
    expect([body.outcome, body.state]).toEqual([null, 'PREPARING']);
    const sent = world.stock.commands.filter(({ gtx, type }) => gtx === id && type === 'PREPARE');
    expect(sent.length).toBeLessThan(5);
    await world.post(`/v1/recovery/transactions/${patient}/force-abort`, { reason: 'end of the test' });
  });

  it('tells times as they are, and takes no living instance for dead', async () => {
    const { body } = await world.post<Shown & { createdAt: string; deadline: string }>(
      '/v1/transactions?wait=applied',
      plan(),
    );
    expect(body.outcome).toBe('committed');
    for (const time of [body.createdAt, body.deadline, body.endedAt])
      expect(offMs(time)).toBeLessThan(HOUR_MS);
    await eventually(async () => {
      const { items } = (await world.get<{ items: { alive: boolean }[] }>('/v1/instances')).body;
      return items.length === 1 && items.every(({ alive }) => alive);
    });
  });
});
