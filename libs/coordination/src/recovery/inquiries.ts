import { inquiryAnswer } from '#protocol';
import type { InquiryAnswer } from '#protocol';
import type { Ledger, StoredTransaction } from '#persistence';

export interface Inquiry {
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
  readonly participant: string;
  readonly ledgerEpoch: number;
}

/** `stored` is the row the answer was read from; null only for UNKNOWN. */
export interface AnsweredInquiry {
  readonly inquiry: Inquiry;
  readonly answer: InquiryAnswer;
  readonly stored: StoredTransaction | null;
}

/**
 * Absence is never an answer (§7): for a wholly unknown gtx ABORT of attempt 1 is written first, then the row is read again.
 * In recovery hold (reconciliation has not ended: the release ends it), or when the asker has seen a newer epoch than this ledger
 * has (it was restored without a hold), nothing is planted and only COMMIT is told.
 */
export async function answerInquiries(
  ledger: Pick<Ledger, 'load' | 'plantTombstones' | 'state'>,
  inquiries: readonly Inquiry[],
): Promise<readonly AnsweredInquiry[]> {
  // TLA+: PlantTombstone, AnswerInquiry
  if (inquiries.length === 0) return [];
  const { epoch, hold } = await ledger.state();
  const unreconciled = (inquiry: Inquiry): boolean => hold || inquiry.ledgerEpoch > epoch;
  const rows = await loadAll(ledger, inquiries);
  const absent = inquiries
    .filter((inquiry) => !rows.has(inquiry.gtx) && !unreconciled(inquiry))
    .map((inquiry) => inquiry.gtx);
  if (absent.length > 0) {
    for (const row of await ledger.plantTombstones([...new Set(absent)], 'INQUIRY'))
      rows.set(row.tx.gtx, row);
  }
  return inquiries.map((inquiry) => {
    const stored = rows.get(inquiry.gtx) ?? null;
    const answer = inquiryAnswer(stored?.tx ?? null, inquiry.attempt, {
      unreconciled: unreconciled(inquiry),
    });
    return { inquiry, answer, stored };
  });
}

async function loadAll(
  ledger: Pick<Ledger, 'load'>,
  inquiries: readonly Inquiry[],
): Promise<Map<string, StoredTransaction>> {
  const rows = await ledger.load([...new Set(inquiries.map((inquiry) => inquiry.gtx))]);
  return new Map(rows.map((row) => [row.tx.gtx, row]));
}
