/** POST /v1/transactions: when it answers, with which status, and what repeating it means (api.md §2). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { World, branch, plan, type Shown } from './world.js';
import { willing } from './scripted-participant.js';

let world: World;
beforeAll(async () => {
  world = await World.start('coordinator-begin');
});
afterAll(() => world.end());
beforeEach(() => {
  world.stock.script = willing;
  world.money.script = willing;
});

const begin = (query: string, body: unknown, headers: Record<string, string> = {}) =>
  world.post<Shown>(`/v1/transactions${query}`, body, headers);
const silent = { branches: [branch('a', 'stock', { payload: { silent: true } })] };
const refusing = plan({
  branches: [branch('a', 'stock'), branch('b', 'money', { payload: { vote: 'NO', code: 'OUT_OF_MONEY' } })],
});

describe('an accepted transaction', () => {
  it('is 202 with its Location, and commits by itself', async () => {
    const begun = await begin('', plan({ businessKey: 'order-1' }));

    expect(begun.status).toBe(202);
    expect(begun.headers.get('location')).toBe(`/v1/transactions/${begun.body.id}`);
    expect(begun.body).toMatchObject({ state: 'PREPARING', outcome: null, businessKey: 'order-1' });
    const ended = await world.until(begun.body.id, ({ endedAt }) => endedAt !== null);
    expect(ended).toMatchObject({
      mode: '2pc',
      state: 'COMMITTED',
      outcome: 'committed',
      attempt: 1,
      attempts: [{ attempt: 1, mode: '2pc', decision: 'COMMIT' }],
      branches: [
        { id: 'a', participant: 'stock', operation: 'reserve', state: 'COMMITTED', error: null },
        { id: 'b', participant: 'money', operation: 'reserve', state: 'COMMITTED', error: null },
      ],
      heuristic: 'none',
    });
  });

  it('keeps the id that the caller chose', async () => {
    const id = systemRandom.uuidv7();
    const begun = await begin('?wait=applied', plan({ id }));
    expect(begun).toMatchObject({ status: 200, body: { id } });
  });

  it('shows a refusal as the reason, and where it came from', async () => {
    const { status, body } = await begin('?wait=applied', refusing);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'ABORTED',
      outcome: 'aborted',
      attempts: [{ decision: 'ABORT', reason: 'OUT_OF_MONEY' }],
    });
    expect(body.branches[1]).toMatchObject({ id: 'b', error: { code: 'OUT_OF_MONEY' } });
  });

  it('runs as a saga in the order given', async () => {
    const before = world.stock.commands.length;
    const { status, body } = await begin('?wait=decided', plan({ mode: 'saga' }));

    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'SAGA_COMPLETED', outcome: 'committed' });
    expect(world.stock.commands.slice(before).map(({ type }) => type)).toEqual(['ACTION']);
  });

  it('falls back to a saga under the same id when a participant cannot prepare in time', async () => {
    const slow = plan({
      timeoutMs: 50,
      fallback: 'saga',
      branches: [{ ...silent.branches[0] }, branch('b', 'money')],
    });
    const { body } = await begin('?wait=decided', slow);

    expect(body).toMatchObject({
      outcome: 'committed',
      attempts: [
        { mode: '2pc', decision: 'ABORT', reason: 'TIMEOUT' },
        { mode: 'saga', decision: 'COMMIT' },
      ],
    });
  });
});

describe('waiting', () => {
  it.each(['decided', 'applied'])('for %s answers 200 once it is there', async (wait) => {
    const { status, body } = await begin(`?wait=${wait}`, plan());
    expect(status).toBe(200);
    expect(body.outcome).toBe('committed');
    if (wait === 'applied') expect(body.endedAt).not.toBeNull();
  });

  it('answers 202 with the present state when the time is over', async () => {
    const { status, body } = await begin('?wait=decided&waitMs=50', { ...silent, timeoutMs: 60_000 });
    expect(status).toBe(202);
    expect(body).toMatchObject({ state: 'PREPARING', outcome: null });
  });

  it('for applied answers 202 while a branch has not acknowledged, though the outcome is set', async () => {
    world.stock.script = (command) => (command.type === 'COMMIT' ? null : willing(command));
    const { status, body } = await begin('?wait=applied&waitMs=400', plan());
    expect(status).toBe(202);
    expect(body).toMatchObject({ state: 'COMMITTING', outcome: 'committed', endedAt: null });
  });
});

describe('a repeated request', () => {
  it('with the same id and body is the same transaction: 202 while undecided, 200 once the outcome is set', async () => {
    const id = systemRandom.uuidv7();
    const body = { ...plan({ id }), timeoutMs: 60_000, branches: silent.branches };

    const first = await begin('', body);
    const again = await begin('', body);
    await world.post(`/v1/recovery/transactions/${id}/force-abort`, { reason: 'test' });
    const later = await begin('', body);

    expect([first.status, again.status, later.status]).toEqual([202, 202, 200]);
    expect(later.body).toMatchObject({ id, outcome: 'aborted' });
  });

  it('is the same body when only spelling, key order and defaults differ', async () => {
    const id = systemRandom.uuidv7();
    const spelled = { branches: plan()['branches'], fallback: 'none', mode: '2pc', id };
    const first = await begin('?wait=applied', plan({ id }));
    const again = await begin('', spelled);
    expect([first.status, again.status]).toEqual([200, 200]);
  });

  it('with the same key is the same transaction, also without an id', async () => {
    const key = { 'idempotency-key': `key ${randomUUID()}` };
    const first = await begin('?wait=applied', plan(), key);
    const again = await begin('?wait=decided', plan(), key);
    expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
  });

  it.each([
    ['id', (id: string) => ({ id, headers: {} })],
    ['key', (id: string) => ({ id: undefined, headers: { 'idempotency-key': id } })],
  ])('with the same %s and another body is 409, and changes nothing', async (_what, named) => {
    const { id, headers } = named(systemRandom.uuidv7());
    const more = id === undefined ? {} : { id };
    const first = await begin('?wait=applied', plan(more), headers);
    const other = await begin('', plan({ ...more, description: 'another' }), headers);

    expect(other).toMatchObject({ status: 409, body: { code: 'CONCORDAT_BODY_MISMATCH' } });
    expect(await world.until(first.body.id, () => true)).toEqual(first.body);
  });

  it('of many callers at once begins one transaction', async () => {
    const id = systemRandom.uuidv7();
    const answers = await Promise.all(Array.from({ length: 20 }, () => begin('?wait=applied', plan({ id }))));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id} ${body.outcome}`))).toEqual(
      new Set([`200 ${id} committed`]),
    );
    const { body } = await world.get<{ items: { kind: string }[] }>(`/v1/transactions/${id}/timeline`);
    expect(body.items.filter(({ kind }) => kind === 'BEGUN')).toHaveLength(1);
  });
});

describe('a tombstone', () => {
  it('is answered 200 with ABORTED, whatever is waited for', async () => {
    const id = systemRandom.uuidv7();
    const inquiry = { gtx: id, attempt: 1, branch: 'a', participant: 'stock', ledgerEpoch: 1 };
    expect((await world.post('/v1/inquiries', inquiry)).body).toEqual({ outcome: 'ABORT' });

    for (const query of ['', '?wait=decided', '?wait=applied']) {
      const met = await begin(query, plan({ id }));
      expect(met).toMatchObject({ status: 200, body: { id, state: 'ABORTED', outcome: 'aborted' } });
    }
  });
});
