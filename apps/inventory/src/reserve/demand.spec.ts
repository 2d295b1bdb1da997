import { describe, expect, it } from '@jest/globals';
import { allocate, demandOf } from './demand.js';

const demand = (branch: string, ...lines: readonly (readonly [string, number])[]) =>
  demandOf({ gtx: 'g', branch, payload: { lines: lines.map(([sku, quantity]) => ({ sku, quantity })) } });

describe('a demand', () => {
  it('adds up lines of the same sku, in one order for everybody', () => {
    const { lines } = demand('b', ['tea', 2], ['milk', 1], ['tea', 3]);

    expect(lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['milk', 1],
      ['tea', 5],
    ]);
  });
});

describe('an allocation', () => {
  it('gives to those who came first, and tells the others what was short', () => {
    const demands = [demand('a', ['tea', 6]), demand('b', ['tea', 5]), demand('c', ['tea', 4])];

    expect(allocate(demands, new Map([['tea', 10]]))).toEqual([
      null,
      { sku: 'tea', wanted: 5, available: 4 },
      null,
    ]);
  });

  it('gives all of a branch or nothing: who is refused takes nothing from the others', () => {
    const demands = [demand('a', ['milk', 1], ['tea', 99]), demand('b', ['milk', 1])];

    expect(
      allocate(
        demands,
        new Map([
          ['milk', 1],
          ['tea', 10],
        ]),
      ),
    ).toEqual([{ sku: 'tea', wanted: 99, available: 10 }, null]);
  });

  it('has nothing of an unknown sku', () => {
    expect(allocate([demand('a', ['gold', 1])], new Map())).toEqual([
      { sku: 'gold', wanted: 1, available: 0 },
    ]);
  });
});
