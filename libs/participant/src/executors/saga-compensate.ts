import { BranchRowState, compensateRule, movableFrom } from '#protocol';
import type { SagaState } from '#protocol';
import { StoreError } from '#persistence';
import type { BranchRow, LocalTransaction, RowMove } from '#persistence';
import { result, retry, silent } from '../desk/answers.js';
import { MAX_TRIES, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain, noOfFault } from '../desk/fault.js';
import type { Answer, WorkOf } from '../desk/work.js';
import { parsePayload } from '../operations/catalog.js';
import { carryOut } from './judge.js';
import type { Call } from './judge.js';
import { logUnfinished, type Executor } from './one-by-one.js';
import { inTransaction, rowFor } from './transaction.js';
import { rollbackEarlier } from './xa-decide.js';

type Compensation = WorkOf<'COMPENSATE'>;

/**
 * COMPENSATE: undoes a DONE action once; where the action never ran, plants NULL_COMPENSATED so that it never will [X]. With
 * `settle` it undoes nothing: it plants, or reports what the action came to. A compensation cannot be refused, only repeated.
 */
export const compensateSaga: Executor<Compensation> = { asOne: compensateOnce, alone: compensateOne };

async function compensateOne(desk: Desk, work: Compensation): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return (await compensateOnce(desk, [work]))[0]!;
    } catch (error) {
      const fault = await faultOfBranch(desk, error);
      if (looksAgain(fault) && tries < MAX_TRIES) continue;
      logUnfinished(desk, work, error);
      return retry(work, 'COMPENSATE', noOfFault(fault).fault);
    }
  }
}

async function compensateOnce(desk: Desk, works: readonly Compensation[]): Promise<readonly Answer[]> {
  // TLA+: Compensate, NullCompensate
  // Its prepared gid would hold the fence row; the attempt's ABORT is durable (R1).
  if (desk.catalog.usesXa) await rollbackEarlier(desk, works);
  return inTransaction(desk, async (tx) => {
    const moves = await tx.moveRows(works.map(moveOf));
    await plantMissing(
      tx,
      works.filter((_, index) => moves[index]!.row === null),
    );
    const undone = works.filter((_, index) => moves[index]!.moved);
    await carryOut(
      desk,
      tx,
      moves.flatMap(({ moved, row }) => (moved ? callOf(desk, row!) : [])),
    );
    await tx.commit();
    await reach(desk, 'S4', undone.length);
    return works.map((work, index) => answerOf(desk, work, moves[index]!.row));
  });
}

/** Settling moves nothing: it only reads the row in the same statement. */
function moveOf({ key, command: { settle } }: Compensation): RowMove {
  const to = BranchRowState.Compensated;
  return { key, from: settle ? [] : movableFrom('COMPENSATE', to), to };
}

async function plantMissing(tx: LocalTransaction, works: readonly Compensation[]): Promise<void> {
  if (works.length === 0) return;
  const rows = works.map((work) =>
    rowFor(work, 'saga', BranchRowState.NullCompensated, { operation: work.command.operation }),
  );
  const accepted = await tx.acceptRows(rows);
  if (accepted.includes('duplicate'))
    throw new StoreError('DUPLICATE', 'the action ran meanwhile', false, null);
}

function callOf(desk: Desk, row: BranchRow): Call {
  const style = row.operation === null ? undefined : desk.catalog.find(row.operation)?.saga;
  if (!style?.compensate)
    throw new Error(`operation "${row.operation}" of participant "${desk.participant}" has no compensation`);
  const parsed = parsePayload(style.schema, row.payload);
  if (!parsed.ok)
    throw new Error(`the payload of a done action no longer fits its schema: ${parsed.message}`);
  return {
    key: row,
    operation: row.operation!,
    step: style.compensate,
    payload: parsed.payload,
    output: row.output,
    deadlineMs: Infinity,
  };
}

/** `row` as it was left by the move; null where NULL_COMPENSATED was planted, or a higher fence makes that needless. */
function answerOf(desk: Desk, work: Compensation, row: BranchRow | null): Answer {
  const planted = (state: SagaState) =>
    result(work, 'COMPENSATE', { result: 'DONE', state, error: null, output: null });
  if (!row) return planted('NULL_COMPENSATED');
  const rule = compensateRule(row, work.command.settle);
  if (rule.do === 'report') return result(work, 'COMPENSATE', rule.stored);
  desk.log.error({ ...work.key, state: row.state }, "COMPENSATE contradicts the branch's own row");
  return silent(work);
}
