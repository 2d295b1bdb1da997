import { Inject, Injectable } from '@nestjs/common';
import { attemptOf } from '#protocol';
import type { Engine } from '#coordination';
import type { LedgerAdmin, StoredTransaction, TransactionFilter } from '#persistence';
import { notFound, type Page } from '#service';
import { unknownTransaction } from '../http/transaction-id.js';
import { ADMIN, ENGINE } from '../tokens.js';
import { LedgerReader } from './ledger-reader.js';
import type { ListQuery } from './transaction-queries.js';
import type { TimelineEntryView, TransactionView } from './transaction-schema.js';
import { transactionView, votesOn } from './transaction-view.js';

/** What can be read of transactions. Every answer is a row of the ledger; nothing here writes. */
@Injectable()
export class TransactionsService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(ADMIN) private readonly admin: LedgerAdmin,
    @Inject(LedgerReader) private readonly reader: LedgerReader,
  ) {}

  async get(id: string): Promise<TransactionView> {
    return this.show(await this.read(id));
  }

  async list({ limit, cursor, ...given }: ListQuery): Promise<Page<TransactionView>> {
    const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const page = await this.admin.list(filter as TransactionFilter, { limit, cursor: cursor ?? null });
    return { items: page.items.map((stored) => this.show(stored)), nextCursor: page.nextCursor };
  }

  async timeline(id: string): Promise<Page<TimelineEntryView>> {
    await this.read(id);
    return { items: await this.admin.timeline(id), nextCursor: null };
  }

  /** PENDING while the cell is empty: this is no inquiry, it plants nothing. */
  async attemptOutcome(id: string, attempt: number): Promise<'COMMIT' | 'ABORT' | 'PENDING'> {
    const cell = attemptOf((await this.read(id)).tx, attempt);
    if (!cell) throw notFound(`Transaction ${id} has no attempt ${attempt}.`);
    return cell.decision ?? 'PENDING';
  }

  private async read(id: string): Promise<StoredTransaction> {
    const stored = await this.reader.read(id);
    if (!stored) throw unknownTransaction(id);
    return stored;
  }

  private show(stored: StoredTransaction): TransactionView {
    return transactionView(stored, votesOn(stored, this.engine.held(stored.tx.gtx)));
  }
}
