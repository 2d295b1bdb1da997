import type { Clock } from '#observability';
import { outcomeOf, TransactionState } from '#protocol';
import type { Json } from '#protocol';
import type { StoredTransaction } from '../../port/ledger.js';
import type {
  AuditEntry,
  LedgerAdmin,
  NewAuditEntry,
  Page,
  PageRequest,
  StoredDeadLetter,
  StoredTimelineEntry,
  TransactionFilter,
} from '../../port/ledger-admin.js';
import { gtxCursor, idCursor, pageOf, pageSize } from '../../ledger/cursor.js';
import { isoOf } from '../../ledger/time.js';
import type { LedgerRow, MemoryLedgerStore } from './store.js';
import { storedOf } from './stored.js';

const byGtx = (a: LedgerRow, b: LedgerRow): number => (a.tx.gtx < b.tx.gtx ? -1 : 1);
const newestFirst = (a: { id: string }, b: { id: string }): number => Number(b.id) - Number(a.id);

/** The admin side of the in-memory twin, over the same store. */
export class MemoryLedgerAdmin implements LedgerAdmin {
  constructor(
    private readonly store: MemoryLedgerStore,
    private readonly clock: Pick<Clock, 'wallMs'>,
  ) {}

  async list(filter: TransactionFilter, page: PageRequest): Promise<Page<StoredTransaction>> {
    const after = gtxCursor(page);
    const rows = [...this.store.rows.values()].filter(
      (row) => this.matches(row, filter) && (after === null || row.tx.gtx < after),
    );
    return this.pageOfRows(rows.sort(byGtx).reverse(), page);
  }

  async timeline(gtx: string): Promise<readonly StoredTimelineEntry[]> {
    return this.store.timelines.get(gtx) ?? [];
  }

  async unresolved(
    filter: { olderThanMs: number; participant?: string },
    page: PageRequest,
  ): Promise<Page<StoredTransaction>> {
    const after = gtxCursor(page);
    const rows = [...this.store.rows.values()].filter(
      (row) =>
        (row.endedMs === null || row.tx.state === TransactionState.Quarantined) &&
        this.matches(row, filter) &&
        (after === null || row.tx.gtx > after),
    );
    return this.pageOfRows(rows.sort(byGtx), page);
  }

  async waiting(): Promise<readonly { participant: string; count: number; oldestAgeMs: number }[]> {
    const nowMs = this.clock.wallMs();
    const found = new Map<string, { participant: string; count: number; oldestAgeMs: number }>();
    for (const { row, participant } of this.unacknowledged()) {
      const { count, oldestAgeMs } = found.get(participant) ?? { count: 0, oldestAgeMs: 0 };
      const age = Math.max(oldestAgeMs, nowMs - row.createdMs);
      found.set(participant, { participant, count: count + 1, oldestAgeMs: age });
    }
    return [...found.values()].sort((a, b) => (a.participant < b.participant ? -1 : 1));
  }

  /** Branches of live transactions that owe a durable result in any attempt so far. */
  private unacknowledged(): { row: LedgerRow; participant: string }[] {
    const live = [...this.store.live]
      .map((gtx) => this.store.rows.get(gtx))
      .filter((row) => row !== undefined);
    return live.flatMap((row) => {
      const settled = new Set(row.tx.results.map(({ attempt, branch }) => `${attempt}:${branch}`));
      const owes = (branch: string): boolean =>
        row.tx.attempts.some(({ attempt }) => !settled.has(`${attempt}:${branch}`));
      return row.tx.branches.filter(({ id }) => owes(id)).map(({ participant }) => ({ row, participant }));
    });
  }

  async appendAudit(entry: NewAuditEntry): Promise<AuditEntry> {
    const stored = { ...entry, id: this.store.next(), at: isoOf(this.clock.wallMs()) };
    this.store.audit = [...this.store.audit, stored];
    return stored;
  }

  async audit(page: PageRequest): Promise<Page<AuditEntry>> {
    return numbered([...this.store.audit], page);
  }

  async deadLetters(
    filter: { reason?: string; topic?: string },
    page: PageRequest,
  ): Promise<Page<StoredDeadLetter>> {
    const letters = [...this.store.deadLetters.values()].filter(
      ({ reason, topic }) => (filter.reason ?? reason) === reason && (filter.topic ?? topic) === topic,
    );
    return numbered(letters, page);
  }

  async deadLetter(id: string): Promise<StoredDeadLetter | null> {
    return [...this.store.deadLetters.values()].find((letter) => letter.id === id) ?? null;
  }

  async markRequeued(id: string, by: string): Promise<void> {
    for (const [place, letter] of this.store.deadLetters) {
      const requeued = { ...letter, requeuedAt: isoOf(this.clock.wallMs()), requeuedBy: by };
      if (letter.id === id) this.store.deadLetters.set(place, requeued);
    }
  }

  async setHold(
    hold: boolean,
    options?: { raiseEpoch?: boolean },
  ): Promise<{ epoch: number; hold: boolean }> {
    const epoch = this.store.state.epoch + (options?.raiseEpoch === true ? 1 : 0);
    this.store.state = { epoch, hold };
    return { epoch, hold };
  }

  /** There are no locks here. */
  async waitingLocks(): Promise<readonly Json[]> {
    return [];
  }

  private matches({ tx, businessKey, createdMs }: LedgerRow, filter: TransactionFilter): boolean {
    return (
      (filter.state === undefined || tx.state === filter.state) &&
      (filter.outcome === undefined || outcomeOf(tx) === filter.outcome) &&
      (filter.businessKey === undefined || businessKey === filter.businessKey) &&
      (filter.participant === undefined ||
        tx.branches.some(({ participant }) => participant === filter.participant)) &&
      (filter.olderThanMs === undefined || this.clock.wallMs() - createdMs >= filter.olderThanMs)
    );
  }

  private pageOfRows(rows: readonly LedgerRow[], page: PageRequest): Page<StoredTransaction> {
    const found = rows.slice(0, pageSize(page) + 1).map((row) => storedOf(row, this.clock.wallMs()));
    return pageOf(found, page, ({ tx }) => tx.gtx);
  }
}

/** Newest first, by the number every row has. */
function numbered<T extends { readonly id: string }>(rows: T[], page: PageRequest): Page<T> {
  const after = idCursor(page);
  const rest = rows.sort(newestFirst).filter(({ id }) => after === null || Number(id) < Number(after));
  return pageOf(rest.slice(0, pageSize(page) + 1), page, ({ id }) => id);
}
