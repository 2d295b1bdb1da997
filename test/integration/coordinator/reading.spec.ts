/** What can be read: single transactions, lists, timelines, outcomes, inquiries, the registry, the document itself. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { World, branch, eventually, plan, type Shown } from './world.js';

interface Listed<T = Shown> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

let world: World;
const ids: string[] = [];
beforeAll(async () => {
  world = await World.start('coordinator-reading');
  for (let i = 0; i < 5; i += 1) ids.push((await begin(plan({ businessKey: `order-${i}` }))).id);
  ids.push(
    (await begin({ branches: [branch('a', 'stock', { payload: { vote: 'NO', code: 'SOLD_OUT' } })] })).id,
  );
});
afterAll(() => world.end());

async function begin(body: unknown): Promise<Shown> {
  return (await world.post<Shown>('/v1/transactions?wait=applied', body)).body;
}
const list = (query: string) => world.get<Listed>(`/v1/transactions${query}`);
const inquire = (more: Record<string, unknown>) =>
  world.post('/v1/inquiries', { attempt: 1, branch: 'a', participant: 'stock', ledgerEpoch: 1, ...more });

describe('a single transaction', () => {
  it('is 404 when unknown, whatever UUID is asked for, and 400 when the id is none', async () => {
    for (const id of [systemRandom.uuidv7(), randomUUID(), ids[0]!.toUpperCase()]) {
      const { status, body } = await world.get(`/v1/transactions/${id}`);
      expect([status, body['code']]).toEqual([404, 'CONCORDAT_NOT_FOUND']);
    }
    expect((await world.get('/v1/transactions/nonsense')).status).toBe(400);
  });

  it('shows votes as PREPARED where its driver runs', async () => {
    const body = plan({
      timeoutMs: 60_000,
      branches: [branch('a', 'stock'), branch('b', 'money', { payload: { silent: true } })],
    });
    const { id } = (await world.post<Shown>('/v1/transactions', body)).body;

    const shown = await world.until(id, ({ branches }) => branches[0]?.state === 'PREPARED');

    expect(shown.branches.map(({ state }) => state)).toEqual(['PREPARED', 'PENDING']);
    await world.post(`/v1/recovery/transactions/${id}/force-abort`, { reason: 'test' });
    await world.until(id, ({ endedAt }) => endedAt !== null);
  });
});

describe('lists', () => {
  it('go from the newest to the oldest, page by page, each once', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Listed = (await list(`?limit=2${cursor && `&cursor=${cursor}`}`)).body;
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([...seen].sort().reverse());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
  });

  it.each([
    ['businessKey=order-3', () => [ids[3]]],
    ['outcome=aborted&participant=stock&state=ABORTED', () => expect.arrayContaining([ids[5]])],
    ['olderThanMs=999999999', () => []],
    ['participant=nobody', () => []],
    ['state=COMMITTED&businessKey=order-0', () => [ids[0]]],
  ])('narrow by %s', async (query, wanted) => {
    expect((await list(`?${query}`)).body.items.map(({ id }) => id)).toEqual(wanted());
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'state=HAPPY',
    'outcome=maybe',
    'cursor=!',
    'cursor=Zm9v',
    'olderThanMs=-1',
    'x=1',
  ])('refuse %s with 400', async (query) => {
    expect((await list(`?${query}`)).status).toBe(400);
  });
});

describe('a timeline', () => {
  it('tells every durable step in order, with time and instance', async () => {
    const { body } = await world.get<Listed<{ kind: string; at: string; instance: string }>>(
      `/v1/transactions/${ids[0]}/timeline`,
    );
    const kinds = body.items.map(({ kind }) => kind);
    expect(kinds[0]).toBe('BEGUN');
    expect(kinds.indexOf('DECIDED')).toBeLessThan(kinds.indexOf('ENDED'));
    expect(body.items.every(({ at, instance }) => at.endsWith('Z') && instance !== '')).toBe(true);
    expect(body.nextCursor).toBeNull();
  });

  it('is 404 for an unknown transaction', async () => {
    expect((await world.get(`/v1/transactions/${systemRandom.uuidv7()}/timeline`)).status).toBe(404);
  });
});

describe('the outcome of an attempt', () => {
  const outcome = (id: string, attempt: number | string) =>
    world.get(`/v1/transactions/${id}/attempts/${attempt}/outcome`);

  it('is COMMIT, ABORT, or 404', async () => {
    expect((await outcome(ids[0]!, 1)).body).toEqual({ outcome: 'COMMIT' });
    expect((await outcome(ids[5]!, 1)).body).toEqual({ outcome: 'ABORT' });
    expect((await outcome(ids[0]!, 2)).status).toBe(404);
    expect((await outcome(ids[0]!, 'x')).status).toBe(400);
  });

  it('is a pure read: asking for an unknown transaction plants nothing', async () => {
    const id = systemRandom.uuidv7();
    expect((await outcome(id, 1)).status).toBe(404);
    const begun = await world.post<Shown>('/v1/transactions?wait=decided', plan({ id }));
    expect(begun.body.outcome).toBe('committed');
  });
});

describe('an inquiry', () => {
  it('is answered with the decision, PENDING while there is none, UNKNOWN for an attempt that is not there', async () => {
    const silent = { branches: [branch('a', 'stock', { payload: { silent: true } })], timeoutMs: 60_000 };
    const { id } = (await world.post<Shown>('/v1/transactions', silent)).body;
    expect((await inquire({ gtx: ids[0] })).body).toEqual({ outcome: 'COMMIT' });
    expect((await inquire({ gtx: ids[5] })).body).toEqual({ outcome: 'ABORT' });
    expect((await inquire({ gtx: id })).body).toEqual({ outcome: 'PENDING' });
    expect((await inquire({ gtx: ids[0], attempt: 2 })).body).toEqual({ outcome: 'UNKNOWN' });
    await world.post(`/v1/recovery/transactions/${id}/force-abort`, { reason: 'test' });
  });

  it('for a wholly unknown transaction leaves its ABORT behind before it is answered', async () => {
    const gtx = systemRandom.uuidv7();
    expect((await inquire({ gtx })).body).toEqual({ outcome: 'ABORT' });
    expect((await world.get<Shown>(`/v1/transactions/${gtx}`)).body).toMatchObject({
      state: 'ABORTED',
      outcome: 'aborted',
      branches: [],
    });
  });

  it.each([
    ['a stranger', { participant: 'stranger' }, 'UNKNOWN_PARTICIPANT'],
    ['a participant of another branch', { participant: 'money' }, 'WRONG_PARTICIPANT'],
    ['an unknown branch', { branch: 'zzz' }, 'UNKNOWN_BRANCH'],
  ])('of %s is 422 and tells nothing', async (_who, more, code) => {
    const { status, body } = await inquire({ gtx: ids[0], ...more });
    expect([status, body['code'], body['outcome']]).toEqual([422, `CONCORDAT_${code}`, undefined]);
  });

  it('of a stranger plants nothing', async () => {
    const gtx = systemRandom.uuidv7();
    await inquire({ gtx, participant: 'stranger' });
    expect((await world.get(`/v1/transactions/${gtx}`)).status).toBe(404);
  });

  it('for an id that retention has passed is UNKNOWN: it may have been committed and collected', async () => {
    const gtx = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
    expect((await inquire({ gtx })).body).toEqual({ outcome: 'UNKNOWN' });
    expect((await world.get(`/v1/transactions/${gtx}`)).status).toBe(404);
  });

  it.each([{ gtx: 'x' }, { attempt: 0 }, { extra: 1 }, { ledgerEpoch: -1 }])(
    'with %j is 400',
    async (more) => {
      expect((await inquire({ gtx: ids[0], ...more })).status).toBe(400);
    },
  );
});

describe('the registry', () => {
  it('shows participants with operations, styles, instances and what waits for them', async () => {
    const silent = { branches: [branch('a', 'stock', { payload: { silent: true } })], timeoutMs: 60_000 };
    const { id } = (await world.post<Shown>('/v1/transactions', silent)).body;
    await eventually(async () => {
      const { body } = await world.get<Listed<{ waiting: { count: number } }>>('/v1/participants');
      return body.items.map(({ waiting }) => waiting.count).join() === '0,1';
    });
    const { body } = await world.get<Listed<Record<string, unknown>>>('/v1/participants?limit=1');
    expect(body.items[0]).toMatchObject({
      name: 'money',
      styles: ['saga', 'tcc'],
      wireVersions: [1],
      instances: [{ instance: 'one', bootId: 'boot-1' }],
      waiting: { count: 0 },
    });
    const next = await world.get<Listed<Record<string, unknown>>>(
      `/v1/participants?limit=1&cursor=${body.nextCursor}`,
    );
    expect(next.body).toMatchObject({ items: [{ name: 'stock' }], nextCursor: null });
    await world.post(`/v1/recovery/transactions/${id}/force-abort`, { reason: 'test' });
  });

  it('shows the instances, and which one answers', async () => {
    const { body } = await world.get<Listed<Record<string, unknown>>>('/v1/instances');
    expect(body.items).toMatchObject([{ role: 'coordinator', url: world.app.url, alive: true, self: true }]);
  });
});

describe('the surroundings', () => {
  it('describe every route, its input and its answers as OpenAPI', async () => {
    const { body } = await world.get<{ paths: Record<string, Record<string, Described>> }>('/openapi.json');
    const begins = body.paths['/v1/transactions']?.['post'];
    expect(begins?.requestBody).toBeDefined();
    expect(begins?.parameters?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['wait', 'waitMs', 'Idempotency-Key']),
    );
    expect(Object.keys(begins?.responses ?? {})).toEqual(expect.arrayContaining(['200', '202', 'default']));
    for (const [path, methods] of Object.entries(body.paths))
      for (const [method, operation] of Object.entries(methods))
        expect([path, method, operation.summary]).not.toContain(undefined);
    expect(Object.keys(body.paths).filter((path) => path.startsWith('/v1/')).length).toBeGreaterThanOrEqual(
      20,
    );
  });

  it('count what happened, for Prometheus', async () => {
    const text = await (await fetch(`${world.app.url}/metrics`)).text();
    for (const name of [
      'concordat_transactions_total',
      'concordat_in_doubt_oldest_age_seconds',
      'concordat_batch_size_bucket',
    ])
      expect(text).toContain(name);
  });
});

interface Described {
  readonly summary?: string;
  readonly requestBody?: unknown;
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses?: Record<string, unknown>;
}
