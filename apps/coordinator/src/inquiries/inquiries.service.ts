import { Inject, Injectable } from '@nestjs/common';
import { branchOf } from '#protocol';
import { DEFAULT_OPTIONS, answerInquiries, idFault, type Engine } from '#coordination';
import type { Ledger, StoredTransaction } from '#persistence';
import { impossible } from '#service';
import { ENGINE, LEDGER } from '../tokens.js';
import type { InquiryAnswerView, InquiryRequest } from './inquiry-schema.js';

/**
 * "Absence is never an answer": an inquiry for a wholly unknown transaction writes its ABORT before it is answered. Because
 * it can write, only a registered participant may ask, and of a known transaction only the branch's own (G8).
 */
@Injectable()
export class InquiriesService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(LEDGER) private readonly ledger: Ledger,
  ) {}

  async answer(inquiry: InquiryRequest): Promise<InquiryAnswerView> {
    await this.assertRegistered(inquiry.participant);
    const [known] = await this.ledger.load([inquiry.gtx]);
    if (known) assertOwnBranch(known, inquiry);
    // What retention has passed may have been committed and collected: nothing may be planted, nothing said.
    else if (idFault(inquiry.gtx, this.engine.ledgerWallMs, DEFAULT_OPTIONS)) return { outcome: 'UNKNOWN' };
    const [answered] = await answerInquiries(this.ledger, [inquiry]);
    // A BEGIN may have come in between: what it wrote is checked like what was there before.
    if (answered?.stored && !known) assertOwnBranch(answered.stored, inquiry);
    return { outcome: answered?.answer ?? 'UNKNOWN' };
  }

  private async assertRegistered(participant: string): Promise<void> {
    const known = await this.engine.registry.find([participant]);
    if (known.has(participant)) return;
    const detail = `Participant ${participant} never registered.`;
    throw impossible('CONCORDAT_UNKNOWN_PARTICIPANT', detail, [{ pointer: '/participant', detail }]);
  }
}

/** A tombstone has no plan and answers anybody registered. */
function assertOwnBranch(stored: StoredTransaction, { branch, participant }: InquiryRequest): void {
  if (stored.tombstone) return;
  const planned = branchOf(stored.tx, branch);
  if (!planned) {
    const detail = `Transaction ${stored.tx.gtx} has no branch ${branch}.`;
    throw impossible('CONCORDAT_UNKNOWN_BRANCH', detail, [{ pointer: '/branch', detail }]);
  }
  if (planned.participant === participant) return;
  const detail = `Branch ${branch} is not one of participant ${participant}.`;
  throw impossible('CONCORDAT_WRONG_PARTICIPANT', detail, [{ pointer: '/participant', detail }]);
}
