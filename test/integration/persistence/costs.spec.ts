/** What a committed tcc transaction of two branches costs a real PostgreSQL: counts, never times. More than these is a regression. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CostWorld, type Costs } from './cost-world.js';

jest.setTimeout(60_000);

let world: CostWorld;
beforeAll(async () => {
  world = await CostWorld.start();
});
afterAll(() => world?.stop());

describe('50 transactions together', () => {
  const BATCH = 50;
  let each: Costs;
  beforeAll(async () => {
    await world.costsOf(BATCH, 2);
    each = await world.costsOf(BATCH, 20);
  });

  it('take 7 statements, and BEGIN and COMMIT of 4 local transactions', () => {
    expect(each.own * BATCH).toBeCloseTo(7);
    expect(each.frames * BATCH).toBeCloseTo(8);
  });

  it('share 7 syncs of the log', () => {
    expect(each.walSyncs * BATCH).toBeLessThanOrEqual(7.2);
  });

  it('write no more to the log than the rows need', () => {
    expect(each.walBytes).toBeLessThanOrEqual(4_300);
    expect(each.walRecords).toBeLessThanOrEqual(35);
  });
});

it('one alone waits for 7 syncs: D1, B1 twice, D2, B2 twice, the end', async () => {
  const { walSyncs, own } = await world.costsOf(1, 100);

  expect(own).toBeCloseTo(7);
  expect(walSyncs).toBeLessThanOrEqual(7.2);
});
