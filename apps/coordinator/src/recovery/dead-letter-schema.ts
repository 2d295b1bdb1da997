import { z } from 'zod';
import { pageQuery } from '#service';
import { text } from '#wire';
import { moment } from '../http/moment.js';

export const deadLetterIdParam = z.string().regex(/^[0-9]{1,18}$/, 'must be a number');

export const deadLetterQuerySchema = z.strictObject({
  ...pageQuery,
  reason: text(64).min(1).optional(),
  topic: text(249).min(1).optional(),
});
export type DeadLetterQuery = z.output<typeof deadLetterQuerySchema>;

export const deadLetterSchema = z.object({
  id: z.string(),
  reason: z.string(),
  detail: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.string(),
  key: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  value: z.string().nullable().describe('The refused value, base64; at most 64 KiB of it.'),
  truncated: z.boolean().describe('Key, headers or value were cut; such a letter cannot be requeued.'),
  app: z.string(),
  instance: z.string(),
  storedAt: moment,
  requeuedAt: moment.nullable(),
  requeuedBy: z.string().nullable(),
});
export type DeadLetterView = z.output<typeof deadLetterSchema>;

export const requeueResultSchema = z.object({
  id: z.string(),
  dryRun: z.boolean(),
  effect: z.string(),
});
export type RequeueResultView = z.output<typeof requeueResultSchema>;
