import type { Dice } from '../../crash/support/random.js';
import { Shop, type JournalEntry, type Opening, type OrderBody } from '../../crash/support/shop.js';
import type { Site } from '../../crash/support/site.js';

/** Business rows that only hostile messages name: they must stay as they were opened. */
export const FUZZ_ACCOUNT = 'hostile-account';
export const FUZZ_SKU = 'hostile-sku';
export const FUZZ_AMOUNT = 1_000_000;

const ACCOUNTS = 64;
const SKUS = 16;
const ENOUGH = 100_000_000;
const SETTLE_MS = 60_000;
/** Orders placed at a time. */
const ABREAST = 8;

export const WAVE = 50;

function opening(): Opening {
  const of = (name: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}-${at}`, ENOUGH] as const));
  return {
    stock: { ...of('sku', SKUS), [FUZZ_SKU]: FUZZ_AMOUNT },
    accounts: { ...of('account', ACCOUNTS), [FUZZ_ACCOUNT]: FUZZ_AMOUNT },
  };
}

/**
 * Good orders, whose fate is known beforehand: nobody waits for another's lock (an account is bought from once a wave), so each
 * must be confirmed but those that ask for what is not there.
 */
export class GoodTrade {
  readonly shop: Shop;
  private readonly hopeless = new Set<JournalEntry>();
  private placed = 0;

  constructor(
    site: Site,
    private readonly dice: Dice,
  ) {
    this.shop = new Shop(site, opening());
  }

  open(): Promise<void> {
    return this.shop.open();
  }

  /** Places a wave of orders and waits until each has its end. */
  async wave(): Promise<void> {
    const bodies = Array.from({ length: WAVE }, () => this.draw());
    const buyer = async (): Promise<void> => {
      for (let next = bodies.pop(); next; next = bodies.pop()) {
        const entry = await this.shop.place(next.body);
        if (next.hopeless) this.hopeless.add(entry);
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, buyer));
    await this.shop.settle(SETTLE_MS);
  }

  /** Orders that came to another end than the one they had to. */
  surprises(): readonly string[] {
    return surprisesIn(this.shop.journal, (entry) => this.hopeless.has(entry));
  }

  private draw(): { body: OrderBody; hopeless: boolean } {
    const { dice } = this;
    const kind = dice.next();
    const account = kind < 0.05 ? 'nobody' : `account-${(this.placed += 1) % ACCOUNTS}`;
    const sku = kind >= 0.05 && kind < 0.1 ? 'nothing' : `sku-${dice.below(SKUS)}`;
    const mode = dice.next() < 0.25 ? 'saga' : '2pc';
    const fallback = mode === '2pc' && dice.next() < 0.3 ? 'saga' : 'none';
    const lines = [{ sku, quantity: 1 + dice.below(3), unitPrice: 1 + dice.below(500) }];
    return { body: { account, lines, mode, fallback }, hopeless: kind < 0.1 };
  }
}

export function surprisesIn(
  journal: readonly JournalEntry[],
  hopeless: (entry: JournalEntry) => boolean,
): readonly string[] {
  return journal.flatMap((entry) => {
    const wanted = hopeless(entry) ? 'REJECTED' : 'CONFIRMED';
    const { orderId, transactionId, status, reason } = entry;
    return status === wanted
      ? []
      : [`order ${orderId} (${transactionId}) is ${status} (${reason}), not ${wanted}`];
  });
}
