/** Whatever comes in, the answer is a clear problem, and nothing is begun. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '#observability';
import { World, branch, plan } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start('coordinator-bad-input');
});
afterAll(() => world.end());

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly type: string;
  readonly title: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const branches = [branch('a', 'stock')];
const deep = (depth: number): unknown => (depth === 0 ? 1 : { inner: deep(depth - 1) });
/** A UUIDv7 born so many milliseconds from now. */
function idBorn(inMs: number): string {
  const hex = Math.round(systemClock.wallMs() + inMs)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000001`;
}
const DAY_MS = 24 * 3_600_000;

const SCHEMA_FAULTS: readonly (readonly [string, unknown, string])[] = [
  ['no branches', {}, '/branches'],
  ['an empty list of branches', { branches: [] }, '/branches'],
  ['an unknown field', { branches, colour: 'red' }, '/colour'],
  ['an unknown field of a branch', { branches: [{ ...branches[0], x: 1 }] }, '/branches/0/x'],
  ['an unknown mode', { branches, mode: '3pc' }, '/mode'],
  ['an unknown fallback', { branches, fallback: 'pray' }, '/fallback'],
  ['an unknown kind', { branches: [branch('a', 'stock', { kind: 'magic' })] }, '/branches/0/kind'],
  ['a timeout of 0', { branches, timeoutMs: 0 }, '/timeoutMs'],
  ['a timeout as text', { branches, timeoutMs: '5000' }, '/timeoutMs'],
  ['an id that is no UUIDv7', { branches, id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' }, '/id'],
  ['an upper-case id', { branches, id: '019A0000-0000-7000-8000-00000000000A' }, '/id'],
  ['a branch id with a space', { branches: [branch('a b', 'stock')] }, '/branches/0/id'],
  ['a branch id of 65', { branches: [branch('a'.repeat(65), 'stock')] }, '/branches/0/id'],
  ['no participant', { branches: [{ id: 'a', operation: 'reserve' }] }, '/branches/0/participant'],
  [
    '33 branches in 2pc',
    { branches: Array.from({ length: 33 }, (_, i) => branch(`b${i}`, 'stock')) },
    '/branches',
  ],
  [
    '65 saga steps',
    { mode: 'saga', branches: Array.from({ length: 65 }, (_, i) => branch(`b${i}`, 'stock')) },
    '/branches',
  ],
  ['a payload 33 deep', { branches: [branch('a', 'stock', { payload: deep(33) })] }, '/branches/0/payload'],
  [
    'a NUL in the payload',
    { branches: [branch('a', 'stock', { payload: 'a\u0000b' })] },
    '/branches/0/payload',
  ],
  ['a NUL in the business key', { branches, businessKey: 'a\u0000' }, '/businessKey'],
  ['a body that is a list', [], ''],
  ['a body that is null', null, ''],
];

const IMPOSSIBLE: readonly (readonly [string, unknown, string, string])[] = [
  [
    'a participant nobody knows',
    { branches: [branch('a', 'nobody')] },
    'UNKNOWN_PARTICIPANT',
    '/branches/0/participant',
  ],
  [
    'an operation it does not have',
    { branches: [branch('a', 'stock', { operation: 'fly' })] },
    'UNKNOWN_OPERATION',
    '/branches/0/operation',
  ],
  [
    'a branch id twice',
    { branches: [branch('a', 'stock'), branch('a', 'money')] },
    'IMPOSSIBLE_PLAN',
    '/branches/1/id',
  ],
  [
    'a cycle',
    {
      mode: 'saga',
      branches: [branch('a', 'stock', { after: ['b'] }), branch('b', 'money', { after: ['a'] })],
    },
    'IMPOSSIBLE_PLAN',
    '/branches/0/after',
  ],
  [
    'an after that is none',
    { mode: 'saga', branches: [branch('a', 'stock', { after: ['z'] })] },
    'IMPOSSIBLE_PLAN',
    '/branches/0/after/0',
  ],
  [
    'a pivot in 2pc without fallback',
    { branches: [branch('a', 'stock', { kind: 'pivot' })] },
    'IMPOSSIBLE_PLAN',
    '/branches/0/kind',
  ],
  [
    'fallback without an action',
    { fallback: 'saga', branches: [branch('a', 'stock', { operation: 'plain' })] },
    'NO_ACTION',
    '/branches/0/operation',
  ],
  [
    'a saga step that cannot be undone',
    { mode: 'saga', branches: [branch('a', 'stock', { operation: 'notify' })] },
    'NO_COMPENSATION',
    '/branches/0/operation',
  ],
  ['an id older than retention', { branches, id: idBorn(-15 * DAY_MS) }, 'ID_TOO_OLD', '/id'],
  ['an id of the future', { branches, id: idBorn(10 * 60_000) }, 'ID_IN_FUTURE', '/id'],
];

async function problem(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Problem> {
  const answer = await world.post<Problem>(path, body, headers);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body.status).toBe(answer.status);
  return answer.body;
}

describe('a request that does not fit its schema', () => {
  it.each(SCHEMA_FAULTS)('%s is 400 and says where', async (_what, body, pointer) => {
    const { status, code, errors } = await problem('/v1/transactions', body);
    expect([status, code]).toEqual([400, 'CONCORDAT_INVALID']);
    expect(errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('lists every fault at once', async () => {
    const { errors } = await problem('/v1/transactions', { mode: 'x', timeoutMs: -1, branches: [{}] });
    expect(errors?.length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['wait', '?wait=forever'],
    ['waitMs', '?waitMs=-1'],
    ['waitMs', '?waitMs=1e3'],
    ['waitMs', '?waitMs=99999999'],
    ['wait', '?wait=decided&wait=applied'],
    ['foo', '?foo=1'],
  ])('a bad %s in %s is 400', async (field, query) => {
    const { status, errors } = await problem(`/v1/transactions${query}`, plan());
    expect(status).toBe(400);
    expect(errors?.[0]?.pointer).toBe(`/${field}`);
  });

  it.each([
    ['empty', ''],
    ['of 129 characters', 'k'.repeat(129)],
    ['not printable', 'k\u00e9y'],
  ])('an Idempotency-Key that is %s is 400', async (_what, key) => {
    const { status, errors } = await problem('/v1/transactions', plan(), { 'idempotency-key': key });
    expect([status, errors?.[0]?.pointer]).toEqual([400, '/idempotency-key']);
  });
});

describe('a request that is well formed but impossible', () => {
  it.each(IMPOSSIBLE)('%s is 422 and says why', async (_what, body, code, pointer) => {
    const answer = await problem('/v1/transactions', body);
    expect([answer.status, answer.code]).toEqual([422, `CONCORDAT_${code}`]);
    expect(answer.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('a participant that registered but is down is accepted', async () => {
    const silentBranch = branch('a', 'stock', { payload: { silent: true } });
    const { status } = await world.post('/v1/transactions', { branches: [silentBranch], timeoutMs: 100 });
    expect(status).toBe(202);
  });
});

describe('a request that is no JSON of ours', () => {
  it.each([
    ['no JSON', '{"branches": [', 'application/json', 400, 'CONCORDAT_BAD_JSON'],
    ['an empty body', '', 'application/json', 400, 'CONCORDAT_BAD_JSON'],
    ['another media type', '<a/>', 'text/xml', 415, 'CONCORDAT_UNSUPPORTED_MEDIA_TYPE'],
    ['another charset', '{}', 'application/json; charset=latin1', 415, 'CONCORDAT_UNSUPPORTED_MEDIA_TYPE'],
    [
      'more than 1 MiB',
      JSON.stringify({ x: 'x'.repeat(1_100_000) }),
      'application/json',
      413,
      'CONCORDAT_OVERSIZE',
    ],
  ])('%s', async (_what, body, type, status, code) => {
    const answer = await problem('/v1/transactions', body, { 'content-type': type });
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it('another method is 405 and says which would do', async () => {
    const { status, headers } = await world.ask('/v1/transactions', { method: 'DELETE' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('bytes that are no HTTP are 400, and the process lives', async () => {
    const socket = connect(Number(new URL(world.app.url).port), '127.0.0.1');
    socket.write('garbage\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
    expect((await world.get('/health/live')).status).toBe(200);
  });
});

describe('after all of that', () => {
  it('only what was accepted is in the ledger', async () => {
    const { body } = await world.get<{ items: unknown[] }>('/v1/transactions');
    expect(body.items).toHaveLength(1);
  });
});
