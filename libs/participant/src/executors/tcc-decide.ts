import { abortRule, BranchRowState, commitRule, movableFrom } from '#protocol';
import { StoreError } from '#persistence';
import type { BranchRow, LocalTransaction, RowMove } from '#persistence';
import { ack, silent } from '../desk/answers.js';
import { MAX_TRIES, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain } from '../desk/fault.js';
import type { KeptBranch } from '../desk/kept.js';
import { isWork } from '../desk/work.js';
import type { Answer, WorkOf } from '../desk/work.js';
import { parsePayload } from '../operations/catalog.js';
import type { Along, Call } from './judge.js';
import { along, carryOut, noneRefused } from './judge.js';
import { logUnfinished, type Executor } from './one-by-one.js';
import { lost, settledAnswer } from './seen.js';
import { ending, inTransaction, rowFor } from './transaction.js';

type Decided = WorkOf<'COMMIT' | 'ABORT'>;

/**
 * COMMIT and ABORT of tcc branches, and ABORT of branches that never prepared: move the row and run confirm or cancel in one local
 * transaction a batch; acknowledge after its commit. A handler that keeps failing keeps its branch unacknowledged (alarmed).
 */
export const decideTcc: Executor<Decided> = { asOne: decideOnce, alone: decideOne };

async function decideOne(desk: Desk, work: Decided): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    // SQL that cannot run twice fails where a copy of the decision was carried out: the row knows.
    const kept = desk.kept.get(work.key) !== null;
    try {
      return (await decideOnce(desk, [work]))[0]!;
    } catch (error) {
      const fault = await faultOfBranch(desk, error);
      if ((kept || looksAgain(fault)) && tries < MAX_TRIES) continue;
      logUnfinished(desk, work, error);
      return silent(work);
    }
  }
}

async function decideOnce(desk: Desk, works: readonly Decided[]): Promise<readonly Answer[]> {
  // TLA+: Commit, Abort
  const known = keptOf(desk, works);
  return (known && (await decideKept(desk, works, known))) ?? (await decideByRows(desk, works));
}

/** null unless this process prepared all of them. */
function keptOf(desk: Desk, works: readonly Decided[]): readonly KeptBranch[] | null {
  const kept = works.map(({ key }) => desk.kept.get(key));
  for (const { key } of works) desk.kept.drop(key);
  return kept.every((branch) => branch !== null) ? kept : null;
}

/** Rows and the handlers' SQL in one message. null: a row did not move, or a handler wants the transaction; nothing has happened. */
async function decideKept(
  desk: Desk,
  works: readonly Decided[],
  kept: readonly KeptBranch[],
): Promise<readonly Answer[] | null> {
  const calls = works.map((work, index) => callOf(desk, work, kept[index]!));
  const sent = along(desk, calls);
  if (!sent) return null;
  if (!(await carriedOut(desk, works.map(moveOf), calls, sent))) return null;
  await reach(desk, 'P6', works.filter((work) => isWork(work, 'COMMIT')).length);
  return works.map((work, index) => ack(work, moveOf(work).to, kept[index]!.output));
}

/** Whether it is committed. COMMIT goes along where no handler looks at what its SQL returned. */
async function carriedOut(
  desk: Desk,
  moves: readonly RowMove[],
  calls: readonly Call[],
  sent: Along,
): Promise<boolean> {
  if (sent.unseen) return desk.store.moveAndCommit(moves, sent.statements);
  const { tx, first: moved, answers } = await desk.store.beginMoving(moves, sent.statements);
  return ending(tx, async () => {
    if (!moved) return false;
    noneRefused(calls, sent.verdicts(answers));
    await tx.commit();
    return true;
  });
}

async function decideByRows(desk: Desk, works: readonly Decided[]): Promise<readonly Answer[]> {
  return inTransaction(desk, async (tx) => {
    const moves = await tx.moveRows(works.map(moveOf));
    const finished = works.filter((_, index) => moves[index]!.moved);
    await plantMissing(
      tx,
      works.filter((_, index) => moves[index]!.row === null),
    );
    await carryOut(
      desk,
      tx,
      moves.flatMap(({ moved, row }, index) => (moved ? callOf(desk, works[index]!, row!) : [])),
    );
    await tx.commit();
    await reach(desk, 'P6', finished.filter((work) => isWork(work, 'COMMIT')).length);
    return works.map((work, index) => answerOf(desk, work, moves[index]!.row));
  });
}

function moveOf({ key, command: { type } }: Decided): RowMove & { readonly to: 'COMMITTED' | 'ABORTED' } {
  const to = type === 'COMMIT' ? BranchRowState.Committed : BranchRowState.Aborted;
  return { key, from: movableFrom(type, to), to };
}

/** LOST rows and tombstones. A row that appeared meanwhile calls for another look; a higher fence is as good as a tombstone. */
async function plantMissing(tx: LocalTransaction, works: readonly Decided[]): Promise<void> {
  if (works.length === 0) return;
  const rows = works.map((work) => rowFor(work, 'tcc', work.command.type === 'COMMIT' ? 'LOST' : 'ABORTED'));
  const accepted = await tx.acceptRows(rows);
  if (accepted.includes('duplicate'))
    throw new StoreError('DUPLICATE', 'a copy of this branch wrote its row meanwhile', false, null);
}

/** Throws for a row whose operation is gone: its branch cannot be finished by this build. */
function callOf(desk: Desk, work: Decided, row: KeptBranch): Call {
  const style = row.operation === null ? undefined : desk.catalog.find(row.operation)?.tcc;
  if (!style)
    throw new Error(
      `operation "${row.operation}" of a prepared branch is not a tcc operation of "${desk.participant}" any more`,
    );
  const parsed = parsePayload(style.schema, row.payload);
  if (!parsed.ok)
    throw new Error(`the payload of a prepared branch no longer fits its schema: ${parsed.message}`);
  const step = work.command.type === 'COMMIT' ? style.confirm : style.cancel;
  return {
    key: work.key,
    operation: row.operation!,
    step,
    payload: parsed.payload,
    output: row.output,
    deadlineMs: Infinity,
  };
}

/** `row` as it was left by the move; null where LOST or a tombstone was planted. */
function answerOf(desk: Desk, work: Decided, row: BranchRow | null): Answer {
  const commit = work.command.type === 'COMMIT';
  if (!row) return commit ? lost(desk, work) : ack(work, 'ABORTED');
  return settledAnswer(desk, work, commit ? commitRule(row) : abortRule(row)) ?? silent(work);
}
