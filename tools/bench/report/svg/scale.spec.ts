import { describe, expect, it } from '@jest/globals';
import { scaleOf } from './scale.js';

describe('an axis', () => {
  it('puts equal ratios at equal distances', () => {
    const { at } = scaleOf([1, 1000], 0, 300);

    expect(at(10) - at(1)).toBeCloseTo(at(100) - at(10));
  });

  it('keeps every value inside', () => {
    const { at } = scaleOf([1, 1000], 300, 0);

    expect(at(1)).toBeLessThanOrEqual(300);
    expect(at(1000)).toBeGreaterThanOrEqual(0);
  });

  it('marks round numbers of its range', () => {
    expect(scaleOf([1, 16, 256], 0, 1).ticks).toEqual([1, 2, 5, 10, 20, 50, 100, 200]);
  });

  it('is linear where there is a zero', () => {
    const { at, ticks } = scaleOf([0, 0.5, 1], 0, 300);

    expect(at(0.5)).toBe(150);
    expect(ticks).toEqual([0, 0.5, 1]);
  });
});
