import { describe, expect, it } from '@jest/globals';
import { accountPicker } from './pick-account.js';
import { seeded } from './random.js';

const draw = (theta: number, count: number): number[] => {
  const pick = accountPicker(theta, seeded(1), 1_000);
  return Array.from({ length: count }, pick);
};

describe('accounts drawn', () => {
  it.each([0, 0.99])('are all accounts that exist (theta %p)', (theta) => {
    const drawn = draw(theta, 20_000);

    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(1_000);
  });

  it('are as often as Zipf says when skewed: the first about 1/zeta, twice as often as the second', () => {
    const drawn = draw(0.99, 100_000);
    const share = (account: number): number => drawn.filter((one) => one === account).length / drawn.length;

    // zeta(1000, 0.99) = 7.73
    expect(share(1)).toBeCloseTo(0.129, 2);
    expect(share(1) / share(2)).toBeCloseTo(2 ** 0.99, 1);
  });

  it('are the same for the same seed', () => {
    expect(draw(0.99, 100)).toEqual(draw(0.99, 100));
  });
});
