import { Inject, Injectable } from '@nestjs/common';
import { evidenceOf, inDoubtCommands, type Engine } from '#coordination';
import type { LedgerAdmin, StoredTransaction } from '#persistence';
import type { Json } from '#protocol';
import type { Page } from '#service';
import { ADMIN, ENGINE } from '../tokens.js';
import type { InDoubtQuery, InDoubtView } from './recovery-schema.js';

/** Transactions, decided or not, with a branch that may be prepared and has not acknowledged. */
@Injectable()
export class InDoubtService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(ADMIN) private readonly admin: LedgerAdmin,
  ) {}

  /** Oldest first. A page may hold fewer than `limit` items, even none, and still have a next one. */
  async list({ limit, cursor, olderThanMs, participant }: InDoubtQuery): Promise<Page<InDoubtView>> {
    const filter = { olderThanMs, ...(participant === undefined ? {} : { participant }) };
    const page = await this.admin.unresolved(filter, { limit, cursor: cursor ?? null });
    const locks = page.items.length > 0 ? await this.admin.waitingLocks() : [];
    return {
      items: page.items.flatMap((stored) => this.show(stored, participant, locks)),
      nextCursor: page.nextCursor,
    };
  }

  private show(
    stored: StoredTransaction,
    participant: string | undefined,
    locks: readonly Json[],
  ): InDoubtView[] {
    const inDoubt = inDoubtCommands(stored)
      .filter((command) => participant === undefined || command.participant === participant)
      .map(({ type, attempt, branch, participant: of }) => ({ type, attempt, branch, participant: of }));
    if (inDoubt.length === 0) return [];
    const { gtx, state } = stored.tx;
    const { businessKey, createdAt, updatedAt } = stored;
    const evidence = evidenceOf(stored, this.engine.held(gtx), locks);
    return [{ id: gtx, state, businessKey, createdAt, updatedAt, inDoubt, evidence }];
  }
}
