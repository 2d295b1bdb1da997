import type { Json } from '#protocol';
import type { DataSource, ObjectLiteral, QueryDeepPartialEntity, SelectQueryBuilder } from 'typeorm';
import type { LedgerState, StoredTransaction } from '../../../port/ledger.js';
import type {
  AuditEntry,
  LedgerAdmin,
  NewAuditEntry,
  Page,
  PageRequest,
  StoredDeadLetter,
  StoredTimelineEntry,
  TransactionFilter,
} from '../../../port/ledger-admin.js';
import { isGtx } from '../../../ledger/batch.js';
import { idCursor, pageOf, pageSize } from '../../../ledger/cursor.js';
import { toLedgerError } from '../../errors.js';
import { cleanText } from '../arrays.js';
import { openSource, type AdminSourceOptions } from './data-source.js';
import { AuditEntity } from './entities/audit.entity.js';
import { DeadLetterEntity } from './entities/dead-letter.entity.js';
import { TimelineEntity } from './entities/timeline.entity.js';
import { LedgerStateEntity } from './entities/ledger-state.entity.js';
import { auditEntryOf, deadLetterOf, timelineEntryOf } from './from-entity.js';
import { listTransactions, listUnresolved } from './list-transactions.js';
import { readLocks, readWaiting, type WaitingRow } from './waiting.js';

const isId = (text: string): boolean => /^[1-9]\d{0,17}$/.test(text);

/** What operators ask of the ledger, by TypeORM. Every fault is a LedgerError. */
export class PostgresLedgerAdmin implements LedgerAdmin {
  private constructor(private readonly source: DataSource) {}

  /** Connects. @throws LedgerError UNAVAILABLE */
  static async open(options: AdminSourceOptions): Promise<PostgresLedgerAdmin> {
    try {
      return new PostgresLedgerAdmin(await openSource(options));
    } catch (error) {
      throw toLedgerError(error, 'admin');
    }
  }

  list(filter: TransactionFilter, page: PageRequest): Promise<Page<StoredTransaction>> {
    return this.guarded('list', () => listTransactions(this.source, filter, page));
  }

  timeline(gtx: string): Promise<readonly StoredTimelineEntry[]> {
    return this.guarded('timeline', async () => {
      if (!isGtx(gtx)) return [];
      const found = await this.source
        .getRepository(TimelineEntity)
        .find({ where: { gtx }, order: { seq: 'ASC' } });
      return found.map(timelineEntryOf);
    });
  }

  unresolved(
    filter: { olderThanMs: number; participant?: string },
    page: PageRequest,
  ): Promise<Page<StoredTransaction>> {
    return this.guarded('unresolved', () => listUnresolved(this.source, filter, page));
  }

  waiting(): Promise<readonly WaitingRow[]> {
    return this.guarded('waiting', () => readWaiting(this.source));
  }

  appendAudit(entry: NewAuditEntry): Promise<AuditEntry> {
    return this.guarded('appendAudit', async () => {
      const { action, caller, reason, ...rest } = entry;
      const texts = { action: cleanText(action), caller: cleanText(caller), reason: cleanText(reason) };
      const written = await this.source
        .createQueryBuilder()
        .insert()
        .into(AuditEntity)
        .values({ ...texts, ...rest } as QueryDeepPartialEntity<AuditEntity>)
        .returning(['id', 'at'])
        .execute();
      const [{ id, at }] = written.raw as [{ id: string; at: Date }];
      return { ...entry, id, at: at.toISOString() };
    });
  }

  audit(page: PageRequest): Promise<Page<AuditEntry>> {
    return this.guarded('audit', () => {
      const query = this.source.getRepository(AuditEntity).createQueryBuilder('a');
      return newestFirst(query, page, auditEntryOf);
    });
  }

  deadLetters(
    filter: { reason?: string; topic?: string },
    page: PageRequest,
  ): Promise<Page<StoredDeadLetter>> {
    return this.guarded('deadLetters', () => {
      const query = this.source.getRepository(DeadLetterEntity).createQueryBuilder('d');
      if (filter.reason !== undefined)
        query.andWhere('d.reason = :reason', { reason: cleanText(filter.reason) });
      if (filter.topic !== undefined) query.andWhere('d.topic = :topic', { topic: cleanText(filter.topic) });
      return newestFirst(query, page, deadLetterOf);
    });
  }

  deadLetter(id: string): Promise<StoredDeadLetter | null> {
    return this.guarded('deadLetter', async () => {
      const found = isId(id) ? await this.source.getRepository(DeadLetterEntity).findOneBy({ id }) : null;
      return found === null ? null : deadLetterOf(found);
    });
  }

  markRequeued(id: string, by: string): Promise<void> {
    return this.guarded('markRequeued', async () => {
      if (!isId(id)) return;
      const change = { requeuedAt: () => 'clock_timestamp()', requeuedBy: cleanText(by) };
      await this.source.createQueryBuilder().update(DeadLetterEntity).set(change).where({ id }).execute();
    });
  }

  setHold(hold: boolean, options?: { raiseEpoch?: boolean }): Promise<LedgerState> {
    return this.guarded('setHold', async () => {
      const by = options?.raiseEpoch === true ? 1 : 0;
      const written = await this.source
        .createQueryBuilder()
        .update(LedgerStateEntity)
        .set({ hold, epoch: () => `epoch + ${by}`, changedAt: () => 'now()' })
        .where({ onlyRow: true })
        .returning(['epoch', 'hold'])
        .execute();
      const [state] = written.raw as [LedgerState];
      return { epoch: state.epoch, hold: state.hold };
    });
  }

  waitingLocks(): Promise<readonly Json[]> {
    return this.guarded('waitingLocks', () => readLocks(this.source));
  }

  close(): Promise<void> {
    return this.source.destroy();
  }

  private async guarded<T>(verb: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw toLedgerError(error, verb);
    }
  }
}

/** A page of numbered rows, by their number. */
async function newestFirst<E extends ObjectLiteral, T extends { readonly id: string }>(
  query: SelectQueryBuilder<E>,
  page: PageRequest,
  read: (entity: E) => T,
): Promise<Page<T>> {
  const after = idCursor(page);
  if (after !== null) query.andWhere(`${query.alias}.id < :after`, { after });
  const found = await query
    .orderBy(`${query.alias}.id`, 'DESC')
    .limit(pageSize(page) + 1)
    .getMany();
  return pageOf(found.map(read), page, ({ id }) => id);
}
