import { branchId, compareBranchKeys, fenceId, highestPerFence } from '../../port/branch-key.js';
import {
  StoreError,
  type Acceptance,
  type BranchKey,
  type BranchRow,
  type HandlerStatement,
  type LocalTransaction,
  type DoneWork,
  type NewBranchRow,
  type RecordedWork,
  type RowMove,
} from '../../port/branch-store.js';
import { MemoryClient } from './business-client.js';
import {
  attemptOf,
  copyOf,
  fenceKey,
  rowAt,
  rowKey,
  rowOf,
  toBranchRow,
  toStored,
  type StoredRow,
} from './tables.js';
import type { MemoryTransaction } from './transaction.js';

/** A handler's statement, here: does something to the business store, and returns rows. */
export interface MemoryStatement {
  run(client: MemoryClient): Promise<readonly unknown[]>;
}

/** What ends a local transaction, supplied by the store that opened it. */
export interface Ending {
  prepare(gid: string, transaction: MemoryTransaction): Promise<void>;
  commit(transaction: MemoryTransaction): Promise<void>;
}

/** The verbs of {@link LocalTransaction} over the twin's database, with the locks that PostgreSQL would take. */
export class MemoryLocalTransaction implements LocalTransaction {
  readonly client: MemoryClient;

  constructor(
    private readonly transaction: MemoryTransaction,
    private readonly ending: Ending,
  ) {
    this.client = new MemoryClient(transaction);
  }

  private readonly read = (key: string) => this.transaction.get(key);

  private get nowMs(): number {
    return this.transaction.database.clock.wallMs();
  }

  async raiseFences(keys: readonly BranchKey[]): Promise<readonly boolean[]> {
    const raised = await this.raise(highestPerFence(keys));
    return keys.map((key) => raised.has(branchId(key)));
  }

  /** branchIds of the keys whose fence stands at their attempt now. */
  private async raise(keys: readonly BranchKey[]): Promise<Set<string>> {
    const raised = new Set<string>();
    for (const key of keys) {
      const { gtx, branch, attempt } = key;
      const at = fenceKey(key);
      await this.transaction.lock(at);
      if (attemptOf(this.transaction.get(at)) > attempt) continue;
      await this.transaction.put(at, { gtx, branch, maxAttempt: attempt });
      raised.add(branchId(key));
    }
    return raised;
  }

  async insertRows(rows: readonly NewBranchRow[]): Promise<void> {
    for (const row of [...rows].sort(compareBranchKeys)) {
      if (await this.insert(row)) continue;
      const message = 'a branch row of this attempt exists';
      this.transaction.fail(new StoreError('DUPLICATE', message, false, '23505'));
    }
  }

  /** Waits for a concurrent insert of the same key; false when a row is there. */
  private async insert(row: NewBranchRow): Promise<boolean> {
    const at = rowKey(row);
    if (this.transaction.get(at) !== undefined) return false;
    await this.transaction.lock(at);
    if (this.transaction.get(at) !== undefined) return false;
    await this.transaction.put(at, toStored(row, this.nowMs));
    return true;
  }

  async acceptRows(rows: readonly NewBranchRow[]): Promise<readonly Acceptance[]> {
    const asked = highestPerFence(rows);
    const passed = await this.raise(asked);
    const fresh = new Set<string>();
    for (const row of asked) {
      if (passed.has(branchId(row)) && (await this.insert(row))) fresh.add(fenceId(row));
    }
    return rows.map((row) => {
      if (!passed.has(branchId(row))) return 'fenced';
      return fresh.delete(fenceId(row)) ? 'fresh' : 'duplicate';
    });
  }

  async moveRows(
    moves: readonly RowMove[],
  ): Promise<readonly { readonly moved: boolean; readonly row: BranchRow | null }[]> {
    const moved = new Set<string>();
    for (const move of [...moves].sort((a, b) => compareBranchKeys(a.key, b.key))) {
      if (!moved.has(branchId(move.key)) && (await this.move(move))) moved.add(branchId(move.key));
    }
    return moves.map(({ key }) => {
      const row = rowAt(this.read, key);
      return { moved: moved.delete(branchId(key)), row: row === null ? null : toBranchRow(row, this.nowMs) };
    });
  }

  private async move(move: RowMove): Promise<boolean> {
    const at = rowKey(move.key);
    if (!isIn(rowOf(this.transaction.get(at)), move)) return false;
    await this.transaction.lock(at);
    const row = rowOf(this.transaction.get(at));
    if (!isIn(row, move)) return false;
    await this.transaction.put(at, movedRow(row, move, this.nowMs));
    return true;
  }

  async recordWork(row: DoneWork): Promise<RecordedWork> {
    const state = this.transaction.wroteNothing ? 'READ_ONLY' : 'COMMITTED';
    const [raised] = await this.raiseFences([row]);
    if (!raised) return 'fenced';
    await this.insertRows([{ ...row, state }]);
    return state;
  }

  async run(statement: HandlerStatement): Promise<readonly unknown[]> {
    return (statement as MemoryStatement).run(this.client);
  }

  prepare(gid: string): Promise<void> {
    return this.ending.prepare(gid, this.transaction);
  }

  commit(): Promise<void> {
    return this.ending.commit(this.transaction);
  }

  async rollback(): Promise<void> {
    this.transaction.rollback();
  }
}

const isIn = (row: StoredRow | null, { from }: RowMove): row is StoredRow =>
  row !== null && from.includes(row.state);

const movedRow = (row: StoredRow, { to, output, error }: RowMove, nowMs: number): StoredRow => ({
  ...row,
  state: to,
  updatedAtMs: nowMs,
  ...(output === undefined ? {} : { output: copyOf(output) }),
  ...(error === undefined ? {} : { error: copyOf(error) }),
});
