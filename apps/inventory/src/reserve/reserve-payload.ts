import { z } from 'zod';
import { id } from '#wire';

/** Skus and order ids are ids as everywhere. */
export const MAX_LINES = 500;

/** Payload of the operation `reserve`. Several lines of the same sku add up. */
export const reservePayload = z.strictObject({
  orderId: id,
  lines: z
    .array(z.strictObject({ sku: id, quantity: z.int().min(1) }))
    .min(1)
    .max(MAX_LINES)
    .refine(staysExact, { error: 'the quantities add up to more than 9007199254740991' }),
});
export type ReservePayload = z.output<typeof reservePayload>;

function staysExact(lines: readonly { readonly quantity: number }[]): boolean {
  return Number.isSafeInteger(lines.reduce((sum, { quantity }) => sum + quantity, 0));
}
