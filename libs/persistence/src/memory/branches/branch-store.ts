import { formatGid, parseGid } from '#protocol';
import { decodeBranchCursor, encodeBranchCursor } from '../../port/branch-cursor.js';
import { compareBranchKeys, fenceId } from '../../port/branch-key.js';
import { ENDED_STATES } from '../../port/branch-states.js';
import {
  StoreError,
  type Acceptance,
  type BranchEvidence,
  type BranchKey,
  type BranchRow,
  type BranchStore,
  type DoneWork,
  type HandlerStatement,
  type LocalTransaction,
  type NewBranchRow,
  type Opened,
  type PreparedGid,
  type RecordedWork,
  type RowMove,
} from '../../port/branch-store.js';
import type { MemoryDatabase } from './database.js';
import { MemoryLocalTransaction } from './local-transaction.js';
import type { MemoryServer } from './server.js';
import {
  allFences,
  allRows,
  fenceAt,
  fenceKey,
  rowAt,
  rowKey,
  toBranchRow,
  type StoredRow,
} from './tables.js';
import { connectionLost, type MemoryTransaction } from './transaction.js';

/** Verbs a test may want to stop, delay or fail. */
export type StoreVerb =
  | 'look'
  | 'begin'
  | 'commit'
  | 'prepare'
  | 'commitPrepared'
  | 'rollbackPrepared'
  | 'preparedGids'
  | 'preparedRows';

/**
 * Called before a verb takes effect and after it did. What it throws is what the caller hears, so `after` with a StoreError
 * that is `ambiguous` is an answer that was lost; a promise holds the verb up.
 */
export type VerbHook = (verb: StoreVerb, moment: 'before' | 'after') => void | Promise<void>;

export interface MemoryBranchStoreOptions {
  readonly server: MemoryServer;
  readonly database: string;
  readonly participant: string;
  /** 0: a lock held by another fails at once. Default 1000, by the server's clock. */
  readonly lockTimeoutMs?: number;
  readonly hook?: VerbHook;
}

/** The in-memory twin of the participant's store: one process; server and database outlive it. */
export class MemoryBranchStore implements BranchStore {
  private readonly database: MemoryDatabase;
  private readonly open = new Set<MemoryTransaction>();

  constructor(private readonly options: MemoryBranchStoreOptions) {
    this.database = options.server.database(options.database);
  }

  private async verb<T>(name: StoreVerb, take: () => T): Promise<T> {
    await this.options.hook?.(name, 'before');
    if (this.options.server.isDown) throw connectionLost();
    const result = take();
    await this.options.hook?.(name, 'after');
    return result;
  }

  private get nowMs(): number {
    return this.database.clock.wallMs();
  }

  private readonly read = (key: string) => this.database.read(key);
  private readonly shown = (row: StoredRow): BranchRow => toBranchRow(row, this.nowMs);

  look(keys: readonly BranchKey[], options: { gids: boolean }): Promise<readonly BranchEvidence[]> {
    return this.verb('look', () => keys.map((key) => this.evidence(key, options.gids)));
  }

  private evidence({ gtx, attempt, branch }: BranchKey, gids: boolean): BranchEvidence {
    const key = { gtx, attempt, branch };
    const row = rowAt(this.read, key);
    return {
      key,
      maxAttempt: fenceAt(this.read, key),
      row: row === null ? null : this.shown(row),
      earlier: this.earlierRows(key),
      gid: gids && this.isPrepared(key),
    };
  }

  private earlierRows(key: BranchKey): BranchRow[] {
    const rows: BranchRow[] = [];
    for (let attempt = 1; attempt < key.attempt; attempt += 1) {
      const row = rowAt(this.read, { ...key, attempt });
      if (row !== null) rows.push(this.shown(row));
    }
    return rows;
  }

  private isPrepared(key: BranchKey): boolean {
    const gid = formatGid({ ...key, participant: this.options.participant });
    return this.options.server.isPrepared(gid, this.database);
  }

  begin(): Promise<MemoryLocalTransaction> {
    return this.verb('begin', () => {
      const transaction = this.database.begin(this.options.lockTimeoutMs ?? 1_000);
      this.open.add(transaction);
      transaction.onEnd(() => this.open.delete(transaction));
      return new MemoryLocalTransaction(transaction, this);
    });
  }

  beginAccepting(
    rows: readonly NewBranchRow[],
    statements: readonly HandlerStatement[],
  ): Promise<Opened<readonly Acceptance[]>> {
    return this.beginWith((tx) => tx.acceptRows(rows), statements);
  }

  beginMoving(moves: readonly RowMove[], statements: readonly HandlerStatement[]): Promise<Opened<boolean>> {
    return this.beginWith(async (tx) => (await tx.moveRows(moves)).every(({ moved }) => moved), statements);
  }

  async moveAndCommit(moves: readonly RowMove[], statements: readonly HandlerStatement[]): Promise<boolean> {
    const { tx, first: moved } = await this.beginMoving(moves, statements);
    try {
      if (moved) await tx.commit();
      return moved;
    } finally {
      // Does nothing after commit.
      await tx.rollback();
    }
  }

  beginRecording(row: DoneWork, statement: HandlerStatement): Promise<Opened<RecordedWork>> {
    return this.opened(async (tx) => {
      const answers = [await tx.run(statement)];
      return { tx, first: await tx.recordWork(row), answers };
    });
  }

  private beginWith<T>(
    verb: (tx: LocalTransaction) => Promise<T>,
    statements: readonly HandlerStatement[],
  ): Promise<Opened<T>> {
    return this.opened(async (tx) => {
      const first = await verb(tx);
      const answers: (readonly unknown[])[] = [];
      for (const statement of statements) answers.push(await tx.run(statement));
      return { tx, first, answers };
    });
  }

  private async opened<T>(work: (tx: LocalTransaction) => Promise<Opened<T>>): Promise<Opened<T>> {
    const tx = await this.begin();
    try {
      return await work(tx);
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }

  /** Called by the local transactions of this store. */
  prepare(gid: string, transaction: MemoryTransaction): Promise<void> {
    return this.verb('prepare', () => {
      this.checkOwn(gid);
      this.options.server.prepare(gid, transaction);
    });
  }

  /** Called by the local transactions of this store. */
  commit(transaction: MemoryTransaction): Promise<void> {
    return this.verb('commit', () => {
      if (transaction.commit()) return;
      throw new StoreError('ABORTED', 'commit: the server answered ROLLBACK', false, null);
    });
  }

  commitPrepared(gid: string): Promise<'done' | 'absent'> {
    return this.verb('commitPrepared', () => this.finish(gid, 'commit'));
  }

  rollbackPrepared(gid: string): Promise<'done' | 'absent'> {
    return this.verb('rollbackPrepared', () => this.finish(gid, 'rollback'));
  }

  private finish(gid: string, how: 'commit' | 'rollback'): 'done' | 'absent' {
    this.checkOwn(gid);
    return this.options.server.finish(gid, this.database, how);
  }

  private checkOwn(gid: string): void {
    const { participant } = this.options;
    if (parseGid(gid)?.participant === participant) return;
    throw new StoreError('NOT_OWNER', `${gid} is no gid of participant ${participant}`, false, null);
  }

  preparedGids(): Promise<readonly PreparedGid[]> {
    return this.verb('preparedGids', () =>
      this.options.server.preparedIn(this.database).flatMap(({ gid, preparedAtMs }) => {
        const parsed = parseGid(gid);
        if (parsed?.participant !== this.options.participant) return [];
        const { gtx, attempt, branch } = parsed;
        const preparedAt = new Date(preparedAtMs).toISOString();
        return [{ gid, gtx, attempt, branch, preparedAt, ageMs: this.nowMs - preparedAtMs }];
      }),
    );
  }

  preparedRows(options: { olderThanMs: number; limit: number }): Promise<readonly BranchRow[]> {
    return this.verb('preparedRows', () =>
      allRows(this.database)
        .filter((row) => row.state === 'PREPARED' && this.nowMs - row.updatedAtMs >= options.olderThanMs)
        .sort((a, b) => a.updatedAtMs - b.updatedAtMs)
        .slice(0, options.limit)
        .map(this.shown),
    );
  }

  async listRows(
    filter: { state?: string; gtx?: string },
    { limit, cursor }: { limit: number; cursor: string | null },
  ): Promise<{ items: readonly BranchRow[]; nextCursor: string | null }> {
    this.checkUp();
    const after = decodeBranchCursor(cursor);
    const found = allRows(this.database)
      .filter((row) => filter.state === undefined || row.state === filter.state)
      .filter((row) => filter.gtx === undefined || row.gtx === filter.gtx)
      .filter((row) => after === null || compareBranchKeys(row, after) < 0)
      .sort((a, b) => compareBranchKeys(b, a));
    const items = found.slice(0, limit).map(this.shown);
    const last = items.at(-1);
    return {
      items,
      nextCursor: found.length > limit && last !== undefined ? encodeBranchCursor(last) : null,
    };
  }

  async forget(keys: readonly BranchKey[]): Promise<void> {
    this.checkUp();
    for (const key of keys) {
      const row = rowAt(this.read, key);
      if (row === null || row.state === 'PREPARED') continue;
      this.database.apply(new Map([[rowKey(key), { ...row, payload: null, output: null, forgotten: true }]]));
    }
  }

  async collectGarbage({ retentionMs, limit }: { retentionMs: number; limit: number }): Promise<number> {
    this.checkUp();
    const isOld = (atMs: number): boolean => this.nowMs - atMs > retentionMs;
    const rows = allRows(this.database)
      .filter((row) => isOld(bornMs(row.gtx)) && isOld(row.updatedAtMs) && isCollectable(row))
      .filter((row) => this.isFree(rowKey(row)))
      .sort(compareBranchKeys)
      .slice(0, limit);
    this.database.apply(new Map(rows.map((row) => [rowKey(row), undefined])));
    const guarded = new Set(allRows(this.database).map(fenceId));
    const fences = allFences(this.database)
      .filter((fence) => isOld(bornMs(fence.gtx)) && !guarded.has(fenceId(fence)))
      .filter((fence) => this.isFree(fenceKey(fence)))
      .slice(0, limit);
    this.database.apply(new Map(fences.map((fence) => [fenceKey(fence), undefined])));
    return rows.length + fences.length;
  }

  /** SKIP LOCKED. */
  private isFree(key: string): boolean {
    return !this.database.locks.isHeldByOther(key, null);
  }

  async maxPreparedTransactions(): Promise<number> {
    this.checkUp();
    return this.options.server.maxPreparedTransactions;
  }

  async ping(): Promise<void> {
    this.checkUp();
  }

  private checkUp(): void {
    if (this.options.server.isDown) throw connectionLost();
  }

  /** kill -9 of this process: its open transactions end without a word; prepared ones stay. */
  crash(): void {
    for (const transaction of [...this.open]) transaction.lose();
  }

  async close(): Promise<void> {
    this.crash();
  }
}

/** A UUIDv7 begins with its time. */
const bornMs = (gtx: string): number => Number.parseInt(gtx.replaceAll('-', '').slice(0, 12), 16);

const isCollectable = (row: StoredRow): boolean =>
  ENDED_STATES.includes(row.state) || (row.state !== 'PREPARED' && row.forgotten);
