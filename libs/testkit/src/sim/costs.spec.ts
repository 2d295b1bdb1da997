import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Shape } from './shape.js';
import { simulate } from './simulate.js';

jest.setTimeout(240_000);

const TRANSACTIONS = 1_024;
const participant = (name: string) =>
  ({ name, style: 'tcc', handlers: 'batch', strict: false, instances: 1 }) as const;

/** A calm installation whose handlers take batches. */
const CALM_SITE: Partial<Shape> = {
  coordinators: 1,
  watchdogs: 1,
  participants: [participant('p1'), participant('p2')],
  keys: 2_000,
  spreadMs: 4_000,
  outboxShare: 0,
  // One for each engine: of a single one the watchdog may get the replies, and the coordinator none.
  partitions: 2,
  faults: new Set(),
};

/** What a transaction costs on average, in counts that no machine changes. 2PC and sagas, a tenth of them refused, 1 to 3 branches. */
async function costs(burst: number) {
  const { violations, counts } = await simulate({
    seed: 1,
    transactions: TRANSACTIONS,
    shape: { ...CALM_SITE, burst },
  });
  expect(violations).toEqual([]);
  return (name: string): number => (counts.get(name) ?? 0) / TRANSACTIONS;
}

describe('256 transactions that come together', () => {
  let each: (name: string) => number;
  beforeAll(async () => {
    each = await costs(256);
  });

  it('share the writes of their decisions and ends', () => {
    expect(each('ledger commitSteps')).toBeLessThanOrEqual(0.1);
  });

  it('share the local transactions of their branches', () => {
    expect(each('store begin')).toBeLessThanOrEqual(0.2);
    expect(each('store commit')).toBeLessThanOrEqual(each('store begin'));
  });

  it('share their produce requests', () => {
    expect(each('publishes')).toBeLessThanOrEqual(0.4);
  });

  it('share the records of all but their outcomes', () => {
    expect(each('records')).toBeLessThanOrEqual(1.5);
  });
});

describe('a transaction that comes alone', () => {
  it('costs no more than its phases', async () => {
    const each = await costs(1);
    expect(each('ledger commitSteps')).toBeLessThanOrEqual(2);
    expect(each('store begin')).toBeLessThanOrEqual(4);
    expect(each('records')).toBeLessThanOrEqual(9);
  });
});
