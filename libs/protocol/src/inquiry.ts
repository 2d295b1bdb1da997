import { attemptOf } from './image.js';
import type { Transaction } from './transaction.js';

export type InquiryAnswer = 'COMMIT' | 'ABORT' | 'PENDING' | 'UNKNOWN';

/** What the ledger may say now. `unreconciled`: recovery hold, or the asker has seen a newer epoch than this ledger has. */
export interface InquiryContext {
  readonly unreconciled: boolean;
}

/**
 * The answer to an inquiry, from a row that was read *after* a tombstone was planted where none was (§7): absence is never an answer.
 * A wholly unknown gtx (tx null) is UNKNOWN here: the caller plants first and asks again. A COMMIT that is seen is final at any epoch.
 */
export function inquiryAnswer(
  tx: Transaction | null,
  attempt: number,
  context: InquiryContext,
): InquiryAnswer {
  // TLA+: AnswerInquiry
  if (!tx) return 'UNKNOWN';
  const cell = attemptOf(tx, attempt);
  if (cell?.decision === 'COMMIT') return 'COMMIT';
  if (context.unreconciled || !cell) return 'UNKNOWN';
  return cell.decision ?? 'PENDING';
}
