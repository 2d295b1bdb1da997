import type { Json } from '#protocol';

/**
 * A participant's durable truth: branch rows, fence rows and (xa) prepared transactions beside the business tables.
 * Verbs are single local steps; their order is decided by `libs/participant` (protocol.md §5, §6), so that the same code runs
 * over PostgreSQL and over the in-memory twin. Two adapters, one conformance suite.
 *
 * Invariants:
 *  B1 What a resolved `commit`, `prepare`, `commitPrepared`, `rollbackPrepared` reported is durable.
 *  B2 Rows written in a local transaction are seen by others only after its commit; those of a prepared one only after commitPrepared.
 *  B3 A fence only rises: `raiseFence` with a lower attempt than stored changes nothing and says so.
 *  B4 A key is inserted once; a second insert waits for the first and then reports it (LockConflict after lock_timeout, Duplicate after its commit).
 *  B5 Only gids of this participant in this database are ever listed or finished.
 *  B6 `prepare` fails loudly when the server answered ROLLBACK instead of PREPARE [pg].
 */
export interface BranchStore {
  /** Rows and fences of many branches in one statement, then (xa) gids in a second, in this order. Results in order of the keys. */
  look(keys: readonly BranchKey[], options: { gids: boolean }): Promise<readonly BranchEvidence[]>;
  /** Opens one local transaction on a connection of its own. */
  begin(): Promise<LocalTransaction>;
  /**
   * `begin`, `acceptRows` and then `statements`, in one round trip. The statements run whatever became of the rows: the caller rolls back
   * where one of them was not fresh. When one throws, nothing is left open.
   */
  beginAccepting(
    rows: readonly NewBranchRow[],
    statements: readonly HandlerStatement[],
  ): Promise<Opened<readonly Acceptance[]>>;
  /** The same with `moveRows`, of keys that differ, for a caller who knows the rows: `first` says whether every one of them moved. */
  beginMoving(moves: readonly RowMove[], statements: readonly HandlerStatement[]): Promise<Opened<boolean>>;
  /**
   * The same, committed in that round trip, for a caller who has nothing to look at before: resolves to whether every row moved.
   * Where one did not, nothing has happened. Throws as a statement and as `commit` do.
   */
  moveAndCommit(moves: readonly RowMove[], statements: readonly HandlerStatement[]): Promise<boolean>;
  /** The same for xa: `begin`, the one statement of the handler, and then `recordWork`. */
  beginRecording(row: DoneWork, statement: HandlerStatement): Promise<Opened<RecordedWork>>;
  /** COMMIT PREPARED. Throws StoreError BUSY (55000) → retry. */
  commitPrepared(gid: string): Promise<'done' | 'absent'>;
  /** ROLLBACK PREPARED. Same faults. */
  rollbackPrepared(gid: string): Promise<'done' | 'absent'>;
  /** Own prepared transactions in this database, oldest first. */
  preparedGids(): Promise<readonly PreparedGid[]>;
  /** tcc branches PREPARED longer than `olderThanMs` (database clock), oldest first, at most `limit`. */
  preparedRows(options: { olderThanMs: number; limit: number }): Promise<readonly BranchRow[]>;
  /** For `GET /concordat/branches`. Newest first, keyset paging. */
  listRows(
    filter: { state?: string; gtx?: string },
    page: { limit: number; cursor: string | null },
  ): Promise<{ items: readonly BranchRow[]; nextCursor: string | null }>;
  /** FORGET: drops payload and output, keeps state as the tombstone. */
  forget(keys: readonly BranchKey[]): Promise<void>;
  /** Deletes ended rows and fences older than the retention, at most `limit`; returns how many. */
  collectGarbage(options: { retentionMs: number; limit: number }): Promise<number>;
  /** The server's max_prepared_transactions. */
  maxPreparedTransactions(): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface BranchKey {
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
}

/**
 * States a row can be in. xa rows appear only as COMMITTED, READ_ONLY, ABORTED (tombstone) or LOST; the gid is their PREPARED.
 * saga: DONE → COMPENSATED, FAILED, NULL_COMPENSATED (tombstone).
 */
export type RowState =
  | 'PREPARED'
  | 'READ_ONLY'
  | 'COMMITTED'
  | 'ABORTED'
  | 'LOST'
  | 'HEUR_COMMITTED'
  | 'HEUR_ABORTED'
  | 'DONE'
  | 'FAILED'
  | 'COMPENSATED'
  | 'NULL_COMPENSATED';

export interface BranchRow extends BranchKey {
  readonly style: 'xa' | 'tcc' | 'saga';
  readonly state: RowState;
  readonly operation: string | null;
  readonly payload: Json;
  readonly output: Json;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly ledgerEpoch: number;
  readonly updatedAt: string;
  readonly ageMs: number;
}

export interface BranchEvidence {
  readonly key: BranchKey;
  /** 0 when there is no fence row. */
  readonly maxAttempt: number;
  /** Row of exactly this attempt, if any. */
  readonly row: BranchRow | null;
  /** Rows of earlier attempts (attempt 2 must cancel a PREPARED attempt 1). */
  readonly earlier: readonly BranchRow[];
  /** Own gid of exactly this attempt is in pg_prepared_xacts. Only when asked for. */
  readonly gid: boolean;
}

export interface PreparedGid extends BranchKey {
  readonly gid: string;
  readonly ageMs: number;
  readonly preparedAt: string;
}

export type NewBranchRow = Omit<BranchRow, 'updatedAt' | 'ageMs'>;

/** What became of a row that was to be accepted; only 'fresh' ones may do work. */
export type Acceptance = 'fresh' | 'duplicate' | 'fenced';

/** The row of what an xa handler did, and what became of it. */
export type DoneWork = NewBranchRow & { readonly state: 'COMMITTED' };
export type RecordedWork = 'COMMITTED' | 'READ_ONLY' | 'fenced';

/** SQL that a handler only names: a query as pg takes it (postgres/), or a `MemoryStatement` (memory/). */
export type HandlerStatement = unknown;

/** A local transaction that was opened together with its first statements. */
export interface Opened<T> {
  readonly tx: LocalTransaction;
  readonly first: T;
  /** Rows of each handler's statement, in their order. */
  readonly answers: readonly (readonly unknown[])[];
}

/**
 * One open local transaction, where the handler's business SQL runs too. Every verb takes and returns batches.
 * After any thrown StoreError the transaction is aborted.
 */
export interface LocalTransaction {
  /** What a handler gets as `tx.client`: the open pg client (postgres/) or the twin's business store (memory/). */
  readonly client: unknown;
  /** Raises fences to the keys' attempts; returns, per key, false where a higher fence stands. One statement. */
  raiseFences(keys: readonly BranchKey[]): Promise<readonly boolean[]>;
  /** Plain INSERT; throws StoreError DUPLICATE when any exists (never ON CONFLICT DO NOTHING for xa [X]). */
  insertRows(rows: readonly NewBranchRow[]): Promise<void>;
  /** tcc and saga fast path: fence + insert in one statement; per key what happened. */
  acceptRows(rows: readonly NewBranchRow[]): Promise<readonly Acceptance[]>;
  /** Moves rows that are in one of `from`; returns, per key, the row as it is now (null when absent) and whether this call moved it. One statement. */
  moveRows(
    moves: readonly RowMove[],
  ): Promise<readonly { readonly moved: boolean; readonly row: BranchRow | null }[]>;
  /**
   * xa: what a handler did. Raises the fence and inserts the row plainly, as COMMITTED, or as READ_ONLY where nothing was written in this
   * transaction before; `fenced`, and no row, where a higher fence stands. One statement; throws StoreError DUPLICATE as
   * {@link insertRows} does.
   */
  recordWork(row: DoneWork): Promise<RecordedWork>;
  /** Runs a handler's statement here; resolves to its rows. */
  run(statement: HandlerStatement): Promise<readonly unknown[]>;
  /** PREPARE TRANSACTION; ends this handle. Throws StoreError SLOTS, DISABLED, DUPLICATE, or ABORTED when the tag was not PREPARE. */
  prepare(gid: string): Promise<void>;
  commit(): Promise<void>;
  /** Never throws; also drops a broken session. Safe after commit/prepare (does nothing). */
  rollback(): Promise<void>;
}

export interface RowMove {
  readonly key: BranchKey;
  readonly from: readonly RowState[];
  readonly to: RowState;
  readonly output?: Json;
  readonly error?: { readonly code: string; readonly message: string } | null;
}

export type StoreErrorCode =
  | 'LOCK_TIMEOUT' // 55P03
  | 'DEADLOCK' // 40P01
  | 'SERIALIZATION' // 40001
  | 'DUPLICATE' // 23505 on the branch table, 42710 gid
  | 'SLOTS' // 53200 max_prepared_transactions exhausted
  | 'DISABLED' // 55000 on PREPARE: max_prepared_transactions = 0
  | 'BUSY' // 55000 on COMMIT/ROLLBACK PREPARED
  | 'NOT_OWNER' // 42501
  | 'OTHER_DATABASE' // 0A000
  | 'ABORTED' // PREPARE answered ROLLBACK
  | 'UNAVAILABLE' // connection lost, server down
  | 'OTHER';

/** An operating fault of the store; `sqlState` as the server gave it. `ambiguous`: it may have happened. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    readonly ambiguous: boolean,
    readonly sqlState: string | null,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
