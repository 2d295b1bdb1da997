/** What the example services answer over HTTP (api.md §4), above all to what they should not be asked. No coordinator runs. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Answer, type ServiceName, type ServicesWorld, startServicesWorld } from './services-world.js';

const SERVICES = ['orders', 'inventory', 'payments'] as const;
const line = { sku: 'tea', quantity: 2, unitPrice: 450 };
const order = { account: 'alice', lines: [line] };
const UNKNOWN = '019a0000-0000-7000-8000-000000000001';
const TOO_BIG = 2 ** 53;

let world: ServicesWorld;
beforeAll(async () => {
  world = await startServicesWorld();
  await Promise.all(SERVICES.map((name) => world.start(name)));
});
afterAll(() => world?.stop());

function expectProblem(answer: Answer, status: number): void {
  expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
    status,
    type: expect.stringContaining('application/problem+json'),
  });
  expect(answer.body).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code: expect.stringMatching(/^CONCORDAT_/),
  });
}

describe.each(SERVICES)('%s', (name) => {
  it.each(['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs', '/concordat/branches'])(
    'answers GET %s',
    async (path) => {
      expect((await world.ask(name, 'GET', path)).status).toBe(200);
    },
  );

  it('says what it serves', async () => {
    const { body } = await world.ask(name, 'GET', '/openapi.json');
    const resource = { orders: '/orders', inventory: '/stock', payments: '/accounts' }[name];

    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining([resource, '/concordat/branches']));
  });

  it('answers what it does not serve with a problem', async () => {
    expectProblem(await world.ask(name, 'GET', '/nothing'), 404);
    expectProblem(await world.ask(name, 'DELETE', '/health/live'), 405);
  });
});

/** service, method, path, body, status, JSON pointer of the fault */
type BadInput = readonly [ServiceName, string, string, unknown, number, string?];

const badInputs: readonly BadInput[] = [
  ['inventory', 'PUT', '/stock/tea', {}, 400, '/onHand'],
  ['inventory', 'PUT', '/stock/tea', { onHand: -1 }, 400, '/onHand'],
  ['inventory', 'PUT', '/stock/tea', { onHand: 1.5 }, 400, '/onHand'],
  ['inventory', 'PUT', '/stock/tea', { onHand: '1' }, 400, '/onHand'],
  ['inventory', 'PUT', '/stock/tea', { onHand: null }, 400, '/onHand'],
  ['inventory', 'PUT', '/stock/tea', { onHand: TOO_BIG }, 400, '/onHand'],
  ['inventory', 'PUT', '/stock/tea', { onHand: 1, reserved: 0 }, 400, '/reserved'],
  ['inventory', 'PUT', '/stock/tea', [], 400, ''],
  ['inventory', 'PUT', '/stock/tea', '{"onHand":', 400],
  ['inventory', 'PUT', `/stock/${'x'.repeat(65)}`, { onHand: 1 }, 400, '/sku'],
  ['inventory', 'PUT', '/stock/a%20b', { onHand: 1 }, 400, '/sku'],
  ['inventory', 'GET', '/stock/a%00b', undefined, 400, '/sku'],
  ['inventory', 'GET', '/stock/nothing', undefined, 404],
  ['inventory', 'GET', '/stock?limit=0', undefined, 400, '/limit'],
  ['inventory', 'GET', '/stock?limit=201', undefined, 400, '/limit'],
  ['inventory', 'GET', '/stock?cursor=nonsense', undefined, 400, '/cursor'],
  ['inventory', 'GET', '/stock?colour=red', undefined, 400, '/colour'],
  ['inventory', 'POST', '/stock/tea', { onHand: 1 }, 405],
  ['payments', 'PUT', '/accounts/alice', {}, 400, '/balance'],
  ['payments', 'PUT', '/accounts/alice', { balance: -1 }, 400, '/balance'],
  ['payments', 'PUT', '/accounts/alice', { balance: 0.1 }, 400, '/balance'],
  ['payments', 'PUT', '/accounts/alice', { balance: TOO_BIG }, 400, '/balance'],
  ['payments', 'PUT', '/accounts/alice', { balance: 1, held: 1 }, 400, '/held'],
  ['payments', 'PUT', '/accounts/a$b', { balance: 1 }, 400, '/id'],
  ['payments', 'GET', '/accounts/nobody', undefined, 404],
  ['payments', 'GET', '/accounts?limit=x', undefined, 400, '/limit'],
  ['orders', 'POST', '/orders', {}, 400, '/account'],
  ['orders', 'POST', '/orders', { ...order, account: '' }, 400, '/account'],
  ['orders', 'POST', '/orders', { ...order, lines: [] }, 400, '/lines'],
  ['orders', 'POST', '/orders', { ...order, lines: [{ ...line, quantity: 0 }] }, 400, '/lines/0/quantity'],
  ['orders', 'POST', '/orders', { ...order, lines: [{ ...line, unitPrice: -1 }] }, 400, '/lines/0/unitPrice'],
  [
    'orders',
    'POST',
    '/orders',
    { ...order, lines: [{ ...line, unitPrice: 4.5 }] },
    400,
    '/lines/0/unitPrice',
  ],
  ['orders', 'POST', '/orders', { ...order, lines: [{ ...line, sku: 'a b' }] }, 400, '/lines/0/sku'],
  ['orders', 'POST', '/orders', { ...order, lines: [{ ...line, note: '' }] }, 400, '/lines/0/note'],
  ['orders', 'POST', '/orders', { ...order, lines: Array(501).fill(line) }, 400, '/lines'],
  ['orders', 'POST', '/orders', { ...order, lines: [{ ...line, quantity: 2 ** 52 }] }, 400, '/lines'],
  ['orders', 'POST', '/orders', { ...order, mode: '3pc' }, 400, '/mode'],
  ['orders', 'POST', '/orders', { ...order, fallback: 'retry' }, 400, '/fallback'],
  ['orders', 'POST', '/orders', { ...order, id: UNKNOWN }, 400, '/id'],
  ['orders', 'POST', '/orders', 'tea please', 400],
  ['orders', 'POST', '/orders', { ...order, account: 'a'.repeat(1_100_000) }, 413],
  ['orders', 'GET', `/orders/${UNKNOWN}`, undefined, 404],
  ['orders', 'GET', '/orders/no-uuid', undefined, 404],
  ['orders', 'GET', '/orders/a%2Fb', undefined, 400, '/id'],
  ['orders', 'GET', '/orders?status=LOST', undefined, 400, '/status'],
  ['orders', 'GET', '/orders?transactionId=1', undefined, 400, '/transactionId'],
  ['orders', 'GET', '/orders?status=PENDING&status=CONFIRMED', undefined, 400, '/status'],
  ['orders', 'GET', '/concordat/branches?state=DANCING', undefined, 400],
];

const titleOf = ([service, method, path, body]: BadInput): string =>
  [service, method, path, JSON.stringify(body)?.slice(0, 80)].join(' ');

describe('bad input', () => {
  const cases = badInputs.map((bad) => ({ title: titleOf(bad), bad }));
  it.each(cases)(
    '$title is refused, and the fault is named',
    async ({ bad: [name, method, path, body, status, pointer] }) => {
      const answer = await world.ask(name, method, path, body);

      expectProblem(answer, status);
      if (pointer !== undefined) expect(answer.body.errors[0].pointer).toBe(pointer);
    },
  );

  it('lists every fault at once', async () => {
    const body = { account: '!', lines: [{ sku: 'tea', quantity: 0, unitPrice: -1 }], extra: 1 };

    const answer = await world.ask('orders', 'POST', '/orders', body);

    const pointers = answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
    expect(pointers).toEqual(['/account', '/extra', '/lines/0/quantity', '/lines/0/unitPrice']);
  });

  it('of another content type is refused as such', async () => {
    const headers = { 'content-type': 'text/plain' };
    expectProblem(await world.ask('orders', 'POST', '/orders', 'x', headers), 415);
  });

  it.each(['', 'two words', 'x'.repeat(129)])('in an Idempotency-Key is refused: %j', async (key) => {
    const answer = await world.ask('orders', 'POST', '/orders', order, { 'idempotency-key': key });
    expectProblem(answer, 400);
  });

  it('leaves no row behind', async () => {
    expect((await world.ask('orders', 'GET', '/orders')).body).toEqual({ items: [], nextCursor: null });
    expect(await world.query('orders', 'SELECT 1 FROM concordat.outbox')).toEqual([]);
    expect(await world.query('inventory', 'SELECT 1 FROM inventory.stock')).toEqual([]);
    expect(await world.query('payments', 'SELECT 1 FROM payments.account')).toEqual([]);
  });
});

describe('stock', () => {
  it('is what was last said, however often it is said', async () => {
    for (const onHand of [100, 100, 40]) {
      const answer = await world.ask('inventory', 'PUT', '/stock/coffee', { onHand });
      const shown = { sku: 'coffee', onHand, reserved: 0, available: onHand };
      expect([answer.status, answer.body]).toEqual([200, shown]);
      expect((await world.ask('inventory', 'GET', '/stock/coffee')).body).toEqual(shown);
    }
    const journal = `SELECT quantity::int FROM inventory.movement WHERE sku = 'coffee' ORDER BY id`;
    expect(await world.query('inventory', journal)).toEqual([{ quantity: 100 }, { quantity: -60 }]);
  });

  it('cannot be less than what is reserved', async () => {
    await world.query('inventory', `INSERT INTO inventory.stock VALUES ('rare', 5, 3)`);

    const answer = await world.ask('inventory', 'PUT', '/stock/rare', { onHand: 2 });

    expectProblem(answer, 409);
    expect(answer.body).toMatchObject({ code: 'CONCORDAT_BELOW_RESERVED', reserved: 3 });
    expect((await world.ask('inventory', 'GET', '/stock/rare')).body).toMatchObject({
      onHand: 5,
      available: 2,
    });
  });

  it('that somebody holds locked is answered with 503 and Retry-After, not waited for', async () => {
    await world.ask('inventory', 'PUT', '/stock/held', { onHand: 1 });
    const holder = new pg.Client({ connectionString: world.databaseUrl('inventory') });
    await holder.connect();
    await holder.query(`BEGIN; SELECT 1 FROM inventory.stock WHERE sku = 'held' FOR UPDATE`);

    const answer = await world.ask('inventory', 'PUT', '/stock/held', { onHand: 2 });
    await holder.end();

    expectProblem(answer, 503);
    expect(answer.body.code).toBe('CONCORDAT_LOCKED');
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

describe('an account', () => {
  it('has the balance that was last said, however often it is said', async () => {
    for (const balance of [10_000, 10_000, Number.MAX_SAFE_INTEGER]) {
      const answer = await world.ask('payments', 'PUT', '/accounts/bob', { balance });
      expect([answer.status, answer.body]).toEqual([200, { id: 'bob', balance, held: 0 }]);
      expect((await world.ask('payments', 'GET', '/accounts/bob')).body).toEqual(answer.body);
    }
  });
});

describe('a list', () => {
  it('comes page by page, each item once, in order', async () => {
    const skus = ['list-a', 'list-b', 'list-c', 'list-d', 'list-e'];
    for (const sku of skus) await world.ask('inventory', 'PUT', `/stock/${sku}`, { onHand: 1 });
    const seen: string[] = [];

    let query = '?limit=2';
    for (let more = true; more;) {
      const { body } = await world.ask('inventory', 'GET', `/stock${query}`);
      seen.push(...body.items.map(({ sku }: { sku: string }) => sku));
      more = body.nextCursor !== null;
      query = `?limit=2&cursor=${body.nextCursor}`;
    }

    expect(seen.filter((sku) => skus.includes(sku))).toEqual(skus);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('an order', () => {
  const place = (body: unknown, headers?: Record<string, string>) =>
    world.ask('orders', 'POST', '/orders', body, headers);

  it('is PENDING with everything that was said of it', async () => {
    const placed = await place({ ...order, lines: [line, { sku: 'milk', quantity: 1, unitPrice: 99 }] });

    expect(placed.status).toBe(202);
    const { orderId, transactionId } = placed.body;
    expect((await world.ask('orders', 'GET', `/orders/${orderId}`)).body).toEqual({
      id: orderId,
      status: 'PENDING',
      reason: null,
      account: 'alice',
      lines: [line, { sku: 'milk', quantity: 1, unitPrice: 99 }],
      total: 999,
      transactionId,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const found = await world.ask('orders', 'GET', `/orders?transactionId=${transactionId}&status=PENDING`);
    expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual([orderId]);
    expect(
      (await world.ask('orders', 'GET', `/orders?transactionId=${transactionId}&status=CONFIRMED`)).body
        .items,
    ).toEqual([]);
  });

  it('that is sent again under its key is the same order, with its request in the outbox once', async () => {
    const headers = { 'idempotency-key': 'key-1' };

    const answers = await Promise.all(Array.from({ length: 8 }, () => place(order, headers)));
    const spelledOut = await place({ ...order, mode: '2pc', fallback: 'none' }, headers);

    const ids = new Set(
      [...answers, spelledOut].map(({ status, body }) => `${status} ${body.orderId} ${body.transactionId}`),
    );
    expect(ids.size).toBe(1);
    const requests = await world.query('orders', 'SELECT 1 FROM concordat.outbox WHERE gtx = $1', [
      answers[0]!.body.transactionId,
    ]);
    expect(requests).toHaveLength(1);
  });

  it('under the key of another order is refused, and nothing of it stays', async () => {
    const headers = { 'idempotency-key': 'key-2' };
    await place(order, headers);

    const answer = await place({ ...order, account: 'bob' }, headers);

    expectProblem(answer, 409);
    expect(answer.body.code).toBe('CONCORDAT_IDEMPOTENCY_CONFLICT');
    expect(await world.query('orders', `SELECT 1 FROM orders.customer_order WHERE account = 'bob'`)).toEqual(
      [],
    );
  });

  it('lists newest first', async () => {
    const first = (await place(order)).body.orderId;
    const second = (await place(order)).body.orderId;

    const { body } = await world.ask('orders', 'GET', '/orders?limit=2');

    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([second, first]);
    expect(body.nextCursor).toEqual(expect.any(String));
  });
});
