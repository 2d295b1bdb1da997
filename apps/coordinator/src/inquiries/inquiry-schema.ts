import { z } from 'zod';
import { gtxId, id } from '#wire';

/** What a participant asks about a branch it holds in doubt (protocol.md §7). */
export const inquirySchema = z.strictObject({
  gtx: gtxId,
  attempt: z.int().min(1).max(2_147_483_647),
  branch: id,
  participant: id,
  ledgerEpoch: z.int().min(0).max(2_147_483_647).describe('Of the PREPARE that the branch answered.'),
});
export type InquiryRequest = z.output<typeof inquirySchema>;

export const inquiryAnswerSchema = z.object({
  outcome: z
    .enum(['COMMIT', 'ABORT', 'PENDING', 'UNKNOWN'])
    .describe(
      'Only COMMIT and ABORT may be acted on. PENDING: not decided yet. UNKNOWN: nothing can be said now; ask again.',
    ),
});
export type InquiryAnswerView = z.output<typeof inquiryAnswerSchema>;
