import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { INVARIANTS } from './support/invariants.js';
import { Dice } from './support/random.js';
import { Shop } from './support/shop.js';
import { openSite } from './support/site.js';
import type { Site } from './support/site.js';

jest.setTimeout(300_000);
const ORDERS = 300;
const IN_FLIGHT = 12;

describe('SIGTERM under load', () => {
  let site: Site;
  let shop: Shop;
  beforeAll(async () => {
    site = await openSite('graceful', { coordinators: 2, watchdogs: 1, inventory: 2, payments: 2 });
    shop = new Shop(site, {
      stock: { tea: 1_000_000 },
      accounts: { alice: 1_000_000, bob: 1_000_000, carol: 1_000_000 },
    });
    await shop.open();
  });
  afterAll(() => site.close());

  it('loses nothing and fails no accepted request', async () => {
    const dice = new Dice(1);
    let left = ORDERS;
    const place = async (): Promise<void> => {
      for (; left > 0;) {
        left -= 1;
        const lines = [{ sku: 'tea', quantity: 1, unitPrice: 10 }];
        await shop.place({
          account: dice.pick(['alice', 'bob', 'carol']),
          lines,
          mode: dice.pick(['2pc', 'saga']),
          fallback: 'saga',
        });
      }
    };
    const placing = Array.from({ length: IN_FLIGHT }, place);
    const unclean: string[] = [];
    for (const name of [
      'coordinator-1',
      'watchdog-1',
      'inventory-1',
      'payments-2',
      'orders-1',
      'coordinator-2',
    ]) {
      const app = site.cluster.app(name);
      const { code } = await app.stop();
      if (code !== 0) unclean.push(`${name} ended with ${code}:\n${app.logTail()}`);
      await site.cluster.restart(name);
    }
    await Promise.all(placing);
    await shop.settle(60_000);

    expect(unclean).toEqual([]);
    expect(shop.journal).toHaveLength(ORDERS);
    expect(shop.journal.filter(({ status }) => status !== 'CONFIRMED')).toEqual([]);
  });

  it.each([
    'I1 atomic outcome',
    'I3 nothing accepted is lost',
    'I4 nothing stays prepared',
    'I6 sums match the journal',
  ])('%s', async (name) => {
    expect(await INVARIANTS[name]!(site, shop)).toEqual([]);
  });
});
