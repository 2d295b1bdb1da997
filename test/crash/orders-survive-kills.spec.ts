import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sourcesOf, validateTraces } from '../support/traces.js';
import { INVARIANTS } from './support/invariants.js';
import { Killer } from './support/killer.js';
import { Dice } from './support/random.js';
import { Shop } from './support/shop.js';
import type { OrderBody } from './support/shop.js';
import { openSite, until } from './support/site.js';
import type { Site } from './support/site.js';

/** Repeat a run with CRASH_SEED. */
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const ORDERS = 1_000;
const KILLS = 20;
const IN_FLIGHT = 24;
const SETTLE_MS = 120_000;

jest.setTimeout(900_000);

const SKUS = ['tea', 'salt', 'rice', 'rare'];
const ACCOUNTS = Array.from({ length: 40 }, (_, index) => `customer-${index}`);
/** Locked for a while from outside: its prepares meet a lock timeout and fall back. */
const FROZEN = 'frozen';

const OPENING = {
  stock: { tea: 100_000, salt: 100_000, rice: 100_000, rare: 60 },
  accounts: Object.fromEntries([
    ...ACCOUNTS.map((id, index) => [id, index % 5 === 0 ? 9_000 : 10_000_000]),
    [FROZEN, 10_000_000],
  ]),
};

function randomOrder(dice: Dice): OrderBody {
  const kind = dice.pick(['2pc', 'saga', 'fallback'] as const);
  const lines = Array.from({ length: 1 + dice.below(3) }, () => ({
    sku: dice.pick(SKUS),
    quantity: 1 + dice.below(5),
    unitPrice: 100 + dice.below(900),
  }));
  return {
    account: dice.pick(ACCOUNTS),
    lines: [...new Map(lines.map((line) => [line.sku, line])).values()],
    mode: kind === 'saga' ? 'saga' : '2pc',
    fallback: kind === 'fallback' ? 'saga' : 'none',
  };
}

describe(`1,000 orders while processes are killed (seed ${SEED})`, () => {
  let site: Site;
  let shop: Shop;
  let killer: Killer;

  beforeAll(async () => {
    site = await openSite('kills', {
      coordinators: 2,
      watchdogs: 2,
      env: { CONCORDAT_INQUIRE_AFTER_MS: '3000' },
    });
    shop = new Shop(site, OPENING);
    await shop.open();
    killer = new Killer(site.cluster, new Dice(SEED));
  });
  afterAll(() => site.close());

  it('accepts them all, and every process kind is killed', async () => {
    const dice = new Dice(SEED + 1);
    const todo = Array.from({ length: ORDERS }, () => randomOrder(dice));
    const placing = Array.from({ length: IN_FLIGHT }, async () => {
      for (let body = todo.pop(); body; body = todo.pop()) await shop.place(body);
    });
    const frozen = freeze(site, shop);
    // Spread over the run by progress, not by time: a slow machine is killed no more often than a quick one.
    const due = (kill: number) =>
      until('orders come', 120_000, async () => todo.length <= ORDERS - (ORDERS * kill) / (KILLS + 2)).then(
        () => undefined,
      );
    const killing = killer.spree(KILLS, due);
    await Promise.all([...placing, killing, frozen]);

    expect(shop.journal).toHaveLength(ORDERS + FROZEN_ORDERS);
    expect(killer.total).toBeGreaterThanOrEqual(KILLS);
    expect(Object.keys(killer.kills).sort()).toEqual([
      'coordinator',
      'inventory',
      'orders',
      'payments',
      'watchdog',
    ]);
  });

  it('brings every order to an end once the killing stops', async () => {
    const tookMs = await shop.settle(SETTLE_MS);
    await until('nothing is live', SETTLE_MS, async () => {
      const rows = await site.query(
        'coordinator',
        'SELECT gtx FROM concordat.transaction WHERE ended_at IS NULL',
      );
      return rows.length === 0;
    });
    process.stdout.write(`${summary()} settled ${Math.round(tookMs)} ms after the last restart\n`);
  });

  it.each(Object.keys(INVARIANTS))('%s', async (name) => {
    expect(await INVARIANTS[name]!(site, shop)).toEqual([]);
  });

  it('I13 every trace is a behaviour of the specifications', async () => {
    const { traces, excused, rejected } = await validateTraces(sourcesOf(site.cluster));

    process.stdout.write(`${traces} traces accepted\n`);
    expect({ excused, rejected }).toEqual({ excused: 0, rejected: [] });
    expect(traces).toBeGreaterThanOrEqual(ORDERS + FROZEN_ORDERS);
  });

  it('reached commits, refusals of both kinds, sagas and fallbacks', async () => {
    const modes = await site.query<{ path: string }>(
      'coordinator',
      `SELECT DISTINCT mode || ' ' || attempt || ' ' || state AS path FROM concordat.transaction`,
    );
    const reached = modes.map(({ path }) => path);
    expect(reached).toEqual(
      expect.arrayContaining([
        '2pc 1 COMMITTED',
        '2pc 1 ABORTED',
        'saga 1 SAGA_COMPLETED',
        'saga 1 SAGA_COMPENSATED',
        '2pc 2 SAGA_COMPLETED',
      ]),
    );
    const reasons = new Set(shop.journal.map(({ reason }) => reason));
    expect([...reasons]).toEqual(expect.arrayContaining(['OUT_OF_STOCK', 'INSUFFICIENT_FUNDS']));
  });

  function summary(): string {
    const count = (status: string) => shop.journal.filter((entry) => entry.status === status).length;
    return `${count('CONFIRMED')} confirmed, ${count('REJECTED')} rejected, kills ${JSON.stringify(killer.kills)};`;
  }
});

const FROZEN_ORDERS = 10;

/** Orders of an account whose row somebody else holds: LOCK_TIMEOUT at prepare, then the saga waits until the row is free. */
async function freeze(site: Site, shop: Shop): Promise<void> {
  const { default: pg } = await import('pg');
  const holder = new pg.Client({ connectionString: site.cluster.databaseUrl('payments') });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM payments.account WHERE id = $1 FOR UPDATE', [FROZEN]);
    const line = { sku: 'tea', quantity: 1, unitPrice: 100 };
    const order: OrderBody = { account: FROZEN, lines: [line], mode: '2pc', fallback: 'saga' };
    const entries = await Promise.all(Array.from({ length: FROZEN_ORDERS }, () => shop.place(order)));
    const gtxs = entries.map(({ transactionId }) => transactionId);
    await until('the frozen ones fell back', 60_000, async () => {
      const rows = await site.query(
        'coordinator',
        'SELECT 1 FROM concordat.transaction WHERE gtx = ANY($1) AND attempt = 2',
        [gtxs],
      );
      return rows.length === FROZEN_ORDERS;
    });
    await holder.query('COMMIT');
  } finally {
    await holder.end();
  }
}
