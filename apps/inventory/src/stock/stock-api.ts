import { z } from 'zod';
import { pageQuery, pageSchema } from '#service';
import { id } from '#wire';
import type { Stock } from './stock.entity.js';

/** The shapes of `/stock`. */
export const sku = id;
export const putStock = z.strictObject({ onHand: z.int().min(0) });
export const stockQuery = z.strictObject({ ...pageQuery });
export const stockView = z.object({
  sku,
  onHand: z.int(),
  reserved: z.int(),
  available: z.int(),
});
export const stockPage = pageSchema(stockView);

export type PutStock = z.output<typeof putStock>;
export type StockQuery = z.output<typeof stockQuery>;
export type StockView = z.output<typeof stockView>;

export function showStock({ sku, onHand, reserved }: Stock): StockView {
  return { sku, onHand, reserved, available: onHand - reserved };
}
