import type { PoolClient, QueryResult } from 'pg';
import {
  StoreError,
  type Acceptance,
  type BranchKey,
  type HandlerStatement,
  type LocalTransaction,
  type DoneWork,
  type NewBranchRow,
  type RecordedWork,
  type RowMove,
} from '../../port/branch-store.js';
import { acceptRows } from './accept-rows.js';
import type { OwnGids } from './own-gids.js';
import { insertRows } from './insert-rows.js';
import { moveRows, type Moved } from './move-rows.js';
import { raiseFences } from './raise-fences.js';
import { recordWork } from './record-work.js';
import type { Doing } from '../sessions/faults.js';
import type { Session } from '../sessions/session.js';
import type { Run, Statement } from '../sessions/statement.js';

/** @throws StoreError for SQL that ended the local transaction it ran in; where another was chained to it [pg], no warning says so */
export function assertStayedOpen(results: readonly QueryResult[]): void {
  if (results.some(({ command }) => command === 'COMMIT' || command === 'ROLLBACK'))
    throw new StoreError('OTHER', 'the SQL of a handler ended the local transaction', true, null);
}

/**
 * One local transaction on one session.
 *
 * Invariants:
 *  1 The session leaves this object exactly once: at commit, prepare or rollback, whatever their result.
 *  2 After PREPARE TRANSACTION the session is clean and serves others; the prepared work belongs to no session.
 *  3 COMMIT and PREPARE TRANSACTION of an aborted block raise no error [pg]: their command tags are read.
 */
export class PostgresLocalTransaction implements LocalTransaction {
  constructor(
    private readonly session: Session,
    private readonly gids: OwnGids,
  ) {}

  get client(): PoolClient {
    return this.session.client;
  }

  private readonly own: Run = (statement) => this.session.run(statement);

  async raiseFences(keys: readonly BranchKey[]): Promise<readonly boolean[]> {
    return keys.length === 0 ? [] : raiseFences(this.own, keys);
  }

  async insertRows(rows: readonly NewBranchRow[]): Promise<void> {
    if (rows.length > 0) await insertRows(this.own, rows);
  }

  async acceptRows(rows: readonly NewBranchRow[]): Promise<readonly Acceptance[]> {
    return rows.length === 0 ? [] : acceptRows(this.own, rows);
  }

  async moveRows(moves: readonly RowMove[]): Promise<readonly Moved[]> {
    return moves.length === 0 ? [] : moveRows(this.own, moves);
  }

  recordWork(row: DoneWork): Promise<RecordedWork> {
    return recordWork(this.own, row);
  }

  async run(statement: HandlerStatement): Promise<readonly unknown[]> {
    // As where it leaves with others: one set of names in a session, one way to fail.
    return (await this.session.runTogether([statement as Statement]))[0]!.rows;
  }

  async prepare(gid: string): Promise<void> {
    await this.end(`PREPARE TRANSACTION ${this.gids.literal(gid)}`, 'prepare', 'PREPARE');
  }

  async commit(): Promise<void> {
    await this.end('COMMIT', 'commit', 'COMMIT');
  }

  /** All of this local transaction in one message: `statements` begin with BEGIN and end with COMMIT. */
  async commitWith(statements: readonly Statement[]): Promise<void> {
    await this.ending('work and commit', 'COMMIT', async () => {
      const results = await this.session.runDurableTogether(statements, 'work and commit');
      assertStayedOpen(results.slice(1, -1));
      return results.at(-1)!;
    });
  }

  private end(text: string, doing: 'prepare' | 'commit', tag: string): Promise<void> {
    return this.ending(doing, tag, () => this.session.runDurable(text, doing));
  }

  private async ending(doing: Doing, tag: string, run: () => Promise<QueryResult>): Promise<void> {
    try {
      const { command } = await run();
      this.session.release(true);
      if (command === tag) return;
    } catch (error) {
      await this.rollback();
      throw error;
    }
    throw new StoreError('ABORTED', `${doing}: the server answered ROLLBACK`, false, null);
  }

  async rollback(): Promise<void> {
    if (this.session.ended) return;
    // A transaction ends with its session: where ROLLBACK cannot be said, dropping the session says it.
    const clean = await this.session.run('ROLLBACK').then(
      () => true,
      () => false,
    );
    this.session.release(clean);
  }
}
