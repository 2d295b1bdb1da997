/** Orders from POST to their end: three services, a real coordinator, real PostgreSQL, the embedded broker. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startCoordinator } from '../../../apps/coordinator/src/index.js';
import { ask, type ServicesWorld, startServicesWorld, until } from './services-world.js';

type Coordinator = Awaited<ReturnType<typeof startCoordinator>>;

let world: ServicesWorld;
let coordinator: Coordinator | undefined;

beforeAll(async () => {
  world = await startServicesWorld();
  coordinator = await startCoordinator({
    env: {
      DATABASE_URL: world.databaseUrl('coordinator'),
      PORT: '0',
      LOG_LEVEL: 'error',
      CONCORDAT_PARTITIONS: '3',
    },
    bus: world.broker.connect('coordinator'),
    observability: { processMetrics: false },
  });
  await Promise.all((['orders', 'inventory', 'payments'] as const).map((name) => world.start(name)));
  for (const name of ['orders', 'inventory', 'payments'] as const) {
    await until(
      () => world.ask(name, 'GET', '/health/ready'),
      ({ status }) => status === 200,
    );
  }
});

afterAll(async () => {
  await coordinator?.stop();
  await world?.stop();
});

beforeEach(async () => {
  await world.ask('inventory', 'PUT', '/stock/tea', { onHand: 100 });
  await world.ask('inventory', 'PUT', '/stock/milk', { onHand: 1 });
  await world.ask('payments', 'PUT', '/accounts/alice', { balance: 10_000 });
});

interface Wish {
  readonly account?: string;
  readonly lines?: readonly { sku: string; quantity: number; unitPrice: number }[];
  readonly mode?: '2pc' | 'saga';
  readonly fallback?: 'none' | 'saga';
}

const tea = (quantity: number, unitPrice = 450) => ({ sku: 'tea', quantity, unitPrice });

async function place(wish: Wish): Promise<string> {
  const body = { account: 'alice', lines: [tea(2)], ...wish };
  return (await world.ask('orders', 'POST', '/orders', body)).body.orderId;
}

async function ended(
  orderId: string,
): Promise<{ status: string; reason: string | null; transactionId: string }> {
  const look = () => world.ask('orders', 'GET', `/orders/${orderId}`);
  return (await until(look, ({ body }) => body.status !== 'PENDING')).body;
}

/** Stock of tea, milk and the balance of alice, once every branch of every transaction has acknowledged its end. */
async function settled(): Promise<readonly number[]> {
  const transactions = () => ask(coordinator!.url, 'GET', '/v1/transactions?limit=200');
  await until(transactions, ({ body }) =>
    body.items.every(({ endedAt }: { endedAt: string | null }) => endedAt !== null),
  );
  const [teas, milk, alice] = await Promise.all([
    world.ask('inventory', 'GET', '/stock/tea'),
    world.ask('inventory', 'GET', '/stock/milk'),
    world.ask('payments', 'GET', '/accounts/alice'),
  ]);
  expect([teas.body.reserved, milk.body.reserved, alice.body.held]).toEqual([0, 0, 0]);
  return [teas.body.onHand, milk.body.onHand, alice.body.balance];
}

describe.each(['2pc', 'saga'] as const)('an order by %s', (mode) => {
  it('that can be filled and paid is confirmed, and stock and balance have moved once', async () => {
    expect(await ended(await place({ mode, fallback: 'saga' }))).toMatchObject({
      status: 'CONFIRMED',
      reason: null,
    });

    expect(await settled()).toEqual([98, 1, 9_100]);
  });

  it.each<[string, string, Wish]>([
    ['more than there is', 'OUT_OF_STOCK', { lines: [tea(101, 1)] }],
    ['lines that only together are too much', 'OUT_OF_STOCK', { lines: [tea(60, 1), tea(60, 1)] }],
    [
      'one line of several that lacks',
      'OUT_OF_STOCK',
      { lines: [tea(1, 1), { sku: 'milk', quantity: 2, unitPrice: 1 }] },
    ],
    ['an unknown sku', 'OUT_OF_STOCK', { lines: [tea(1, 1), { sku: 'gold', quantity: 1, unitPrice: 1 }] }],
    ['more money than there is', 'INSUFFICIENT_FUNDS', { lines: [tea(1, 10_001)] }],
    ['an unknown account', 'UNKNOWN_ACCOUNT', { account: 'nobody' }],
  ])(
    'for %s is rejected with %s, also where a fallback is allowed, and nothing has moved',
    async (_, reason, wish) => {
      expect(await ended(await place({ mode, fallback: 'saga', ...wish }))).toMatchObject({
        status: 'REJECTED',
        reason,
      });

      expect(await settled()).toEqual([100, 1, 10_000]);
    },
  );
});

describe('an order whose account is locked', () => {
  /** The account's row, held by somebody else. */
  async function lockedAccount(): Promise<pg.Client> {
    const holder = new pg.Client({ connectionString: world.databaseUrl('payments') });
    await holder.connect();
    await holder.query(`BEGIN; SELECT 1 FROM payments.account WHERE id = 'alice' FOR UPDATE`);
    return holder;
  }

  it('is rejected by 2pc', async () => {
    const holder = await lockedAccount();

    const order = await ended(await place({}));
    await holder.end();

    expect(order).toMatchObject({ status: 'REJECTED' });
    expect(await settled()).toEqual([100, 1, 10_000]);
  });

  it('falls back to a saga where that is allowed, under the same transaction, and is confirmed once', async () => {
    const holder = await lockedAccount();
    const orderId = await place({ fallback: 'saga' });
    const { transactionId } = (await world.ask('orders', 'GET', `/orders/${orderId}`)).body;
    const inventoryRow = `SELECT 1 FROM concordat.branch WHERE gtx = $1 AND attempt = 2`;
    await until(
      () => world.query('inventory', inventoryRow, [transactionId]),
      (rows) => rows.length > 0,
    );

    await holder.end();

    expect(await ended(orderId)).toMatchObject({ status: 'CONFIRMED', transactionId });
    expect(await settled()).toEqual([98, 1, 9_100]);
  });
});

it('many orders at once leave exactly the journal of those that were confirmed', async () => {
  const orderIds = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      place({ lines: [tea(3, 100)], mode: i % 2 === 0 ? '2pc' : 'saga', fallback: 'saga' }),
    ),
  );
  const orders = await Promise.all(orderIds.map(ended));
  const confirmed = orders
    .filter(({ status }) => status === 'CONFIRMED')
    .map(({ transactionId }) => transactionId);

  const [teas, , balance] = await settled();

  expect(confirmed.length).toBeGreaterThan(0);
  expect([teas, balance]).toEqual([100 - 3 * confirmed.length, 10_000 - 300 * confirmed.length]);
  const net = `SELECT gtx FROM inventory.movement WHERE gtx = ANY($1) GROUP BY gtx HAVING sum(quantity) = -3`;
  const gtxs = orders.map(({ transactionId }) => transactionId);
  const moved = await world.query<{ gtx: string }>('inventory', net, [gtxs]);
  expect(moved.map(({ gtx }) => gtx).sort()).toEqual([...confirmed].sort());
});
