import { describe, expect, it } from '@jest/globals';
import { isWarm } from './warm-up.js';

describe('isWarm', () => {
  it.each([
    ['nothing was driven', []],
    ['there are too few slices to tell', [900, 900, 900]],
    ['the last slice gained', [500, 800, 790, 780, 1_000]],
    ['it gained little, but more than noise', [500, 1_000, 1_000, 1_000, 1_040]],
    ['an earlier of the last three gained', [500, 800, 1_000, 700, 700]],
  ])('is false where %s', (_, rates) => expect(isWarm(rates)).toBe(false));

  it.each([
    ['three slices gained nothing', [500, 1_000, 990, 1_010, 980]],
    ['they were slower', [1_000, 700, 600, 500]],
    ['nothing happens at all', [0, 0, 0, 0]],
  ])('is true where %s', (_, rates) => expect(isWarm(rates)).toBe(true));
});
