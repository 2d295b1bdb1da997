import { z } from 'zod';
import { invalid, pageQuery, pageSchema } from '#service';
import { gtxId, id } from '#wire';
import { ORDER_STATUSES, type Order } from './order.entity.js';

/** The shapes of `/orders`. */
export const orderId = id;
export const placedOrder = z.object({ orderId: z.string(), transactionId: z.string() });
export const orderView = z.object({
  id: z.string(),
  status: z.enum(ORDER_STATUSES),
  reason: z.string().nullable(),
  account: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int(), unitPrice: z.int() })),
  total: z.int(),
  transactionId: z.string(),
  createdAt: z.iso.datetime(),
});
export const orderPage = pageSchema(orderView);
export const ordersQuery = z.strictObject({
  transactionId: gtxId.optional(),
  status: z.enum(ORDER_STATUSES).optional(),
  ...pageQuery,
});
export type PlacedOrder = z.output<typeof placedOrder>;
export type OrderView = z.output<typeof orderView>;
export type OrdersQuery = z.output<typeof ordersQuery>;

export function showOrder(order: Order): OrderView {
  const { id, status, reason, account, lines, total, transactionId, createdAt } = order;
  return { id, status, reason, account, lines, total, transactionId, createdAt: createdAt.toISOString() };
}

/** Printable ASCII without spaces. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/** The Idempotency-Key header; null when absent. Throws the 400. */
export function checkedKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (IDEMPOTENCY_KEY.test(header)) return header;
  const detail = 'must be 1 to 128 printable ASCII characters without spaces';
  throw invalid([{ pointer: '/idempotency-key', detail }]);
}
