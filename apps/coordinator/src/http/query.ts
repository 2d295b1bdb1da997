import { z } from 'zod';
import { pageQuery } from '#service';

/** Query values are strings; these read them strictly. */

/** A whole number in decimal digits. */
export function digits(min: number, max: number) {
  return z
    .string()
    .regex(/^[0-9]{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** An age in milliseconds. */
export const ageMs = digits(0, 100 * YEAR_MS);

export const flag = z
  .enum(['0', '1', 'true', 'false'])
  .transform((value) => value === '1' || value === 'true');

/** A list without filters. */
export const pageQuerySchema = z.strictObject(pageQuery);
export type PageQuery = z.output<typeof pageQuerySchema>;

/** What an endpoint without query fields takes: nothing. */
export const noQuerySchema = z.strictObject({});
