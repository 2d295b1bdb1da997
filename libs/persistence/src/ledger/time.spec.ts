import { expect, test } from '@jest/globals';
import { isoOf } from './time.js';

const MOMENTS = [
  0, 1, 999, 1_000, 1_767_225_599_999, 1_767_225_600_000, 1_767_225_600_007.999, -0.5, -1, -1_000.7,
  -62_198_755_200_000, 253_402_300_800_000, 8_640_000_000_000_000,
];

test.each(MOMENTS)('%d is told as Date tells it', (moment) => {
  expect(isoOf(moment)).toBe(new Date(moment).toISOString());
});

test('more seconds than are remembered are told as well', () => {
  const moments = Array.from({ length: 3_000 }, (_, index) => 1_767_225_600_000 + index * 997);
  const told = [...moments, ...moments].map(isoOf);
  expect(told).toEqual([...moments, ...moments].map((moment) => new Date(moment).toISOString()));
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 8_640_000_000_001_000])('%d is no moment', (moment) => {
  expect(() => isoOf(moment)).toThrow(RangeError);
});
