import { setTimeout as pause } from 'node:timers/promises';
import type { Dice } from '../../../crash/support/random.js';
import type { OrderBody, Shop } from '../../../crash/support/shop.js';
import { until } from '../../../crash/support/until.js';
import { patient } from './patience.js';

const SKUS = ['tea', 'salt', 'rice', 'rare'];
const ACCOUNTS = Array.from({ length: 40 }, (_, index) => `customer-${index}`);
const CUSTOMERS = 6;
/** Between two orders of one customer: a steady load of some a second, not a benchmark. */
const THINK_MS = 1_000;
const MORE_MS = 60_000;

export const OPENING = {
  stock: { tea: 1_000_000, salt: 1_000_000, rice: 1_000_000, rare: 60 },
  accounts: Object.fromEntries(ACCOUNTS.map((id, index) => [id, index % 5 === 0 ? 9_000 : 10_000_000])),
};

export function randomOrder(dice: Dice): OrderBody {
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

/** Customers who order one after another until they are told to stop. */
export class Load {
  private wanted = true;
  private accepted = 0;
  private readonly customers: Promise<void>[];

  constructor(
    private readonly shop: Shop,
    private readonly dice: Dice,
  ) {
    this.customers = Array.from({ length: CUSTOMERS }, () => this.shopUntilStopped());
  }

  /** Resolves when so many more orders were accepted. */
  async more(orders: number): Promise<void> {
    const goal = this.accepted + orders;
    await until(`${orders} more orders accepted`, patient(MORE_MS), async () => this.accepted >= goal);
  }

  /** No new order from now on; nobody waits for those under way, nor hears that one failed. */
  close(): void {
    this.wanted = false;
    void Promise.allSettled(this.customers);
  }

  /** Resolves with the number of orders when the last one is accepted. */
  async stop(): Promise<number> {
    this.wanted = false;
    await Promise.all(this.customers);
    return this.accepted;
  }

  private async shopUntilStopped(): Promise<void> {
    while (this.wanted) {
      await this.shop.place(randomOrder(this.dice));
      this.accepted += 1;
      await pause(THINK_MS * 2 * this.dice.next());
    }
  }
}
