import type { Json, Outcome, TransactionState } from '#protocol';
import type { NewDeadLetter, StoredTransaction, TimelineEntry } from './ledger.js';

/** What operators and lists ask of the coordinator's ledger: never on the hot path (TypeORM in postgres/). Keyset paging throughout. */
export interface LedgerAdmin {
  /**
   * Newest first. Where no index serves the filter, a page looks at a bounded part of history: it may be short, even empty, and
   * still have a next one.
   */
  list(filter: TransactionFilter, page: PageRequest): Promise<Page<StoredTransaction>>;
  timeline(gtx: string): Promise<readonly StoredTimelineEntry[]>;
  /** Live (not ended) and quarantined transactions, oldest first: those that may have unacknowledged prepared branches. */
  unresolved(
    filter: { olderThanMs: number; participant?: string },
    page: PageRequest,
  ): Promise<Page<StoredTransaction>>;
  /** Unacknowledged branches of live transactions per participant and the age of the oldest, for gauges and `GET /participants`. */
  waiting(): Promise<
    readonly { readonly participant: string; readonly count: number; readonly oldestAgeMs: number }[]
  >;

  appendAudit(entry: NewAuditEntry): Promise<AuditEntry>;
  audit(page: PageRequest): Promise<Page<AuditEntry>>;

  deadLetters(
    filter: { reason?: string; topic?: string },
    page: PageRequest,
  ): Promise<Page<StoredDeadLetter>>;
  deadLetter(id: string): Promise<StoredDeadLetter | null>;
  markRequeued(id: string, by: string): Promise<void>;

  /** Recovery hold (§7): `hold` raises the epoch when asked (a restored database), `release` ends it. */
  setHold(
    hold: boolean,
    options?: { raiseEpoch?: boolean },
  ): Promise<{ readonly epoch: number; readonly hold: boolean }>;

  /** Locks that wait for, or are held by, transactions of this ledger (pg_locks × pg_stat_activity): evidence only. */
  waitingLocks(): Promise<readonly Json[]>;
}

export interface TransactionFilter {
  readonly state?: TransactionState;
  readonly outcome?: Outcome;
  readonly participant?: string;
  readonly businessKey?: string;
  readonly olderThanMs?: number;
}

export interface PageRequest {
  /** 1..200 */
  readonly limit: number;
  /** Opaque to callers outside the adapter; from the previous page. */
  readonly cursor: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface StoredTimelineEntry extends TimelineEntry {
  readonly seq: string;
  readonly at: string;
}

export interface NewAuditEntry {
  readonly action: string;
  readonly gtx: string | null;
  readonly caller: string;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly accepted: boolean;
  readonly detail: Json;
}

export interface AuditEntry extends NewAuditEntry {
  readonly id: string;
  readonly at: string;
}

export interface StoredDeadLetter extends NewDeadLetter {
  readonly id: string;
  readonly storedAt: string;
  readonly requeuedAt: string | null;
  readonly requeuedBy: string | null;
}
