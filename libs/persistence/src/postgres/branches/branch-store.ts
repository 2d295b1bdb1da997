import { highestPerFence } from '../../port/branch-key.js';
import {
  StoreError,
  type Acceptance,
  type BranchEvidence,
  type BranchKey,
  type BranchRow,
  type BranchStore,
  type DoneWork,
  type HandlerStatement,
  type NewBranchRow,
  type Opened,
  type PreparedGid,
  type RecordedWork,
  type RowMove,
} from '../../port/branch-store.js';
import { acceptances, accepting, type AcceptedRow } from './accept-rows.js';
import { collectGarbage } from './collect-garbage.js';
import { forget } from './forget.js';
import { insertingRows } from './insert-rows.js';
import { listRows, type RowFilter } from './list-rows.js';
import { assertStayedOpen, PostgresLocalTransaction } from './local-transaction.js';
import { evidence, see } from './look.js';
import { countingMoves, movingAll, NOT_ALL_MOVED, type CountedMoves } from './move-rows.js';
import { OwnGids } from './own-gids.js';
import { preparedGids, preparedOf } from './prepared-gids.js';
import { preparedRows } from './prepared-rows.js';
import { recording, type RecordedRow } from './record-work.js';
import type { SessionPool } from '../sessions/session-pool.js';
import { openSessions, type SessionOptions } from '../sessions/open-sessions.js';
import type { Run, Statement } from '../sessions/statement.js';

export interface PostgresBranchStoreOptions extends SessionOptions {
  /** Name of the participant: the scope of its gids. */
  readonly participant: string;
}

/** Read committed, whatever the database defaults to: a fence must be tested against what others have committed by now. */
const BEGIN: Statement = {
  name: 'concordat_begin',
  text: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  values: [],
};

const COMMIT: Statement = { name: 'concordat_commit', text: 'COMMIT', values: [] };

const UNKNOWN_GID = '42704';

/**
 * The participant's store over PostgreSQL.
 * Owns two pools: work that may wait for locks never takes the connections of COMMIT PREPARED, which ends such waits.
 */
export class PostgresBranchStore implements BranchStore {
  private readonly gids: OwnGids;

  constructor(
    participant: string,
    private readonly work: SessionPool,
    private readonly control: SessionPool,
  ) {
    this.gids = new OwnGids(participant);
  }

  private get run(): Run {
    return this.control.run;
  }

  async look(keys: readonly BranchKey[], options: { gids: boolean }): Promise<readonly BranchEvidence[]> {
    if (keys.length === 0) return [];
    return this.control.use(async (session) => {
      const run: Run = (statement) => session.run(statement);
      const seen = await see(run, keys, true);
      const prepared = options.gids ? await preparedOf(run, this.gids, keys) : new Set<string>();
      return evidence(keys, seen, prepared);
    });
  }

  async begin(): Promise<PostgresLocalTransaction> {
    const session = await this.work.checkOut();
    try {
      await session.run(BEGIN.text);
    } catch (error) {
      session.release(false);
      throw error;
    }
    return new PostgresLocalTransaction(session, this.gids);
  }

  beginAccepting(
    rows: readonly NewBranchRow[],
    statements: readonly HandlerStatement[],
  ): Promise<Opened<readonly Acceptance[]>> {
    const asked = highestPerFence(rows);
    const sent = [accepting(rows, asked), ...(statements as Statement[])];
    return insertingRows(() =>
      this.beginWith(sent, ([accepted, ...answers]) => ({
        first: acceptances(rows, asked, accepted![0] as AcceptedRow),
        answers,
      })),
    );
  }

  beginMoving(moves: readonly RowMove[], statements: readonly HandlerStatement[]): Promise<Opened<boolean>> {
    const sent = [countingMoves(moves), ...(statements as Statement[])];
    return this.beginWith(sent, ([counted, ...answers]) => ({
      first: (counted![0] as CountedMoves).moved === moves.length,
      answers,
    }));
  }

  async moveAndCommit(moves: readonly RowMove[], statements: readonly HandlerStatement[]): Promise<boolean> {
    const session = await this.work.checkOut();
    const tx = new PostgresLocalTransaction(session, this.gids);
    try {
      await tx.commitWith([BEGIN, movingAll(moves), ...(statements as Statement[]), COMMIT]);
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.sqlState === NOT_ALL_MOVED) return false;
      throw error;
    }
  }

  beginRecording(row: DoneWork, statement: HandlerStatement): Promise<Opened<RecordedWork>> {
    const sent = [statement as Statement, recording(row)];
    return insertingRows(() =>
      this.beginWith(sent, ([answer, recorded]) => ({
        first: (recorded![0] as RecordedRow | undefined)?.state ?? 'fenced',
        answers: [answer!],
      })),
    );
  }

  /** Opens a local transaction with its first statements, in one round trip. `read`: what the rows of each say. */
  private async beginWith<T>(
    statements: readonly Statement[],
    read: (results: readonly (readonly unknown[])[]) => Omit<Opened<T>, 'tx'>,
  ): Promise<Opened<T>> {
    const session = await this.work.checkOut();
    const tx = new PostgresLocalTransaction(session, this.gids);
    try {
      const [, ...results] = await session.runTogether([BEGIN, ...statements]);
      if (results.length !== statements.length) throw new Error('not every statement was answered');
      assertStayedOpen(results);
      return { tx, ...read(results.map(({ rows }) => rows as unknown[])) };
    } catch (error) {
      await tx.rollback();
      throw error;
    }
  }

  async commitPrepared(gid: string): Promise<'done' | 'absent'> {
    return this.finish(`COMMIT PREPARED ${this.gids.literal(gid)}`);
  }

  async rollbackPrepared(gid: string): Promise<'done' | 'absent'> {
    return this.finish(`ROLLBACK PREPARED ${this.gids.literal(gid)}`);
  }

  private async finish(text: string): Promise<'done' | 'absent'> {
    try {
      await this.control.use((session) => session.runDurable(text, 'finish'));
      return 'done';
    } catch (error) {
      if (error instanceof StoreError && error.sqlState === UNKNOWN_GID) return 'absent';
      throw error;
    }
  }

  preparedGids(): Promise<readonly PreparedGid[]> {
    return preparedGids(this.run, this.gids);
  }

  preparedRows(options: { olderThanMs: number; limit: number }): Promise<readonly BranchRow[]> {
    return preparedRows(this.run, options.olderThanMs, options.limit);
  }

  listRows(
    filter: RowFilter,
    page: { limit: number; cursor: string | null },
  ): Promise<{ items: readonly BranchRow[]; nextCursor: string | null }> {
    return listRows(this.run, filter, page);
  }

  async forget(keys: readonly BranchKey[]): Promise<void> {
    if (keys.length > 0) await forget(this.run, keys);
  }

  collectGarbage(options: { retentionMs: number; limit: number }): Promise<number> {
    return collectGarbage(this.run, options.retentionMs, options.limit);
  }

  async maxPreparedTransactions(): Promise<number> {
    const { rows } = await this.run<{ slots: number }>({
      text: `SELECT current_setting('max_prepared_transactions')::int AS slots`,
      values: [],
    });
    return rows[0]?.slots ?? 0;
  }

  async ping(): Promise<void> {
    await this.run({ text: 'SELECT 1', values: [] });
  }

  /** Local transactions that are still open are rolled back. */
  async close(): Promise<void> {
    await Promise.all([this.work.close(), this.control.close()]);
  }
}

/** Opens the store of one participant; the first statement opens the first connection. */
export function createPostgresBranchStore(options: PostgresBranchStoreOptions): PostgresBranchStore {
  const { participant, ...sessions } = options;
  const work = openSessions(sessions, 'business', `concordat ${participant}`);
  const control = openSessions(sessions, 'own', `concordat ${participant} control`);
  return new PostgresBranchStore(participant, work, control);
}
