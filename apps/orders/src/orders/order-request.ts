import { z } from 'zod';
import { canonicalJson, id } from '#wire';
import { createHash } from 'node:crypto';

const MAX_LINES = 500;

/** Body of `POST /orders`. Prices in integer cents. */
export const orderRequest = z
  .strictObject({
    account: id,
    lines: z
      .array(z.strictObject({ sku: id, quantity: z.int().min(1), unitPrice: z.int().min(0) }))
      .min(1)
      .max(MAX_LINES),
    mode: z.enum(['2pc', 'saga']).default('2pc'),
    /** With mode saga it is accepted and ignored: a saga has nothing to fall back to. */
    fallback: z.enum(['none', 'saga']).default('none'),
  })
  .superRefine(({ lines }, context) => {
    if (!Number.isSafeInteger(totalOf(lines))) {
      context.addIssue({
        code: 'custom',
        path: ['lines'],
        message: 'the total is more than 9007199254740991 cents',
      });
    }
    if (!Number.isSafeInteger(lines.reduce((sum, { quantity }) => sum + quantity, 0))) {
      context.addIssue({ code: 'custom', path: ['lines'], message: 'the quantities add up to too much' });
    }
  });
export type OrderRequest = z.output<typeof orderRequest>;
export type OrderLine = OrderRequest['lines'][number];

/** Σ quantity × unitPrice; exact whenever it is a safe integer, and never one by accident: no term and no sum is negative. */
export function totalOf(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
}

/** Equal for requests that mean the same: what an Idempotency-Key is held against. */
export function requestHash(request: OrderRequest): string {
  return createHash('sha256').update(canonicalJson(request)).digest('hex');
}
