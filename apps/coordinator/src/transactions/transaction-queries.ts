import { z } from 'zod';
import { TransactionState } from '#protocol';
import { invalid, pageQuery } from '#service';
import { id, text } from '#wire';
import { ageMs, digits } from '../http/query.js';

/** A caller may wait this long; proxies in between rarely allow more. */
export const MAX_WAIT_MS = 300_000;

export const beginQuerySchema = z.strictObject({
  wait: z
    .enum(['accepted', 'decided', 'applied'])
    .default('accepted')
    .describe(
      'accepted: the request is durable. decided: the outcome is set. applied: every branch acknowledged.',
    ),
  waitMs: digits(0, MAX_WAIT_MS)
    .default(30_000)
    .describe('How long to wait for that; default 30000, at most 300000.'),
});
export type BeginQuery = z.output<typeof beginQuerySchema>;

export const listQuerySchema = z.strictObject({
  ...pageQuery,
  state: z.enum(TransactionState).optional(),
  outcome: z.enum(['committed', 'aborted']).optional(),
  participant: id.optional(),
  businessKey: text(128).min(1).optional(),
  olderThanMs: ageMs.optional().describe('Created longer ago than this.'),
});
export type ListQuery = z.output<typeof listQuerySchema>;

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,128}$/;

/** The header `Idempotency-Key`; null where there is none. Throws the 400 for one that is empty, too long or not printable. */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (IDEMPOTENCY_KEY.test(header)) return header;
  const detail = 'must be 1 to 128 printable ASCII characters';
  throw invalid([{ pointer: '/idempotency-key', detail }]);
}

/** Attempts are few; a number that is none of this transaction's is not found. */
export const attemptParam = digits(1, 999_999_999);
