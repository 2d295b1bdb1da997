import {
  actionRule,
  BranchRowState,
  earlierAllowsAction,
  failsSagaStep,
  movableFrom,
  NoCode,
  StepKind,
} from '#protocol';
import type { BranchFault, StoredResult } from '#protocol';
import { StoreError } from '#persistence';
import type { BranchRow, LocalTransaction, NewBranchRow, RowMove } from '#persistence';
import { result, retry, silent } from '../desk/answers.js';
import { MAX_TRIES, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain, noOfFault } from '../desk/fault.js';
import type { Answer, Work, WorkOf } from '../desk/work.js';
import { parsePayload } from '../operations/catalog.js';
import { Refused } from '../operations/refused.js';
import { along, carryOut, faultOfRefusal, judge } from './judge.js';
import type { Along, Call, Verdict } from './judge.js';
import type { Executor } from './one-by-one.js';
import { earlierKeys, ending, rowFor } from './transaction.js';
import { rollbackEarlier } from './xa-decide.js';

type Action = WorkOf<'ACTION'>;

interface Plan {
  readonly work: Action;
  readonly call: Call | null;
  /** Known before the handler: stored as FAILED. */
  readonly refuse: BranchFault | null;
}

/** A refusal that may not be stored (the step is past the pivot and must succeed in the end): rolls the branch back. */
class NotStored extends Error {
  override readonly name = 'NotStored';
  constructor(readonly fault: BranchFault) {
    super(fault.message);
  }
}

/**
 * ACTION (protocol.md §8 R3): one local transaction writes the guard row, raises the fence so that PREPARE of an earlier attempt is
 * refused for ever, cancels that attempt where it is prepared here, and runs the handler. A refusal rolls all of it back; FAILED is
 * then written the same way, without the handler. An earlier xa attempt is rolled back first; a lock timeout on the fence means
 * that it prepared again: once more.
 */
export const actSaga: Executor<Action> = { asOne: actOnce, alone: actOne };

async function actOne(desk: Desk, work: Action): Promise<Answer> {
  let refused: BranchFault | null = null;
  for (let tries = 1; ; tries += 1) {
    try {
      return (await actOnce(desk, [work], refused))[0]!;
    } catch (error) {
      if (error instanceof Refused) {
        refused = faultOfRefusal(error);
        continue;
      }
      if (error instanceof NotStored)
        return (await storedResult(desk, work)) ?? retry(work, 'ACTION', error.fault);
      const fault = await faultOfBranch(desk, error);
      // SQL that cannot run twice fails where a copy of the step has run.
      const known = await storedResult(desk, work);
      if (known) return known;
      if (!looksAgain(fault) || tries >= MAX_TRIES) return retry(work, 'ACTION', noOfFault(fault).fault);
    }
  }
}

/** @param refused by the handler, which was rolled back: FAILED is all there is to write */
async function actOnce(
  desk: Desk,
  works: readonly Action[],
  refused: BranchFault | null = null,
): Promise<readonly Answer[]> {
  // TLA+: ActionDone, ActionFailed, RepeatResult; XaBranch!ActionFence, XaBranch!ActionHandler, XaBranch!ActionCommit
  if (desk.catalog.usesXa) await rollbackEarlier(desk, works);
  const plans = works.map((work) => (refused ? planRefused(work, refused) : planOf(desk, work)));
  // What an earlier attempt reserved is given back before the handler runs.
  const sent = works.some(({ key }) => key.attempt > 1) ? null : along(desk, callsOf(plans));
  const fresh = (sent && (await actedAtOnce(desk, plans, sent))) ?? (await actInTurn(desk, plans));
  return Promise.all(works.map(async (work) => fresh.get(work) ?? repeatResult(desk, work)));
}

const callsOf = (plans: readonly Plan[]): Call[] => plans.flatMap(({ call }) => call ?? []);

/** Results of the steps that were taken here; the others were dealt with before. */
type Results = ReadonlyMap<Work, Answer>;

/** Rows and the handlers' SQL in one message. null: SQL ran for a step that was dealt with before, so nothing of it may stay. */
async function actedAtOnce(desk: Desk, plans: readonly Plan[], sent: Along): Promise<Results | null> {
  const { tx, first, answers } = await desk.store.beginAccepting(plans.map(rowOf), sent.statements);
  return ending(tx, async () => {
    if (first.some((acceptance) => acceptance !== 'fresh')) return null;
    return committed(desk, tx, plans, sent.verdicts(answers));
  });
}

/** Handlers are called for what was accepted. */
async function actInTurn(desk: Desk, plans: readonly Plan[]): Promise<Results> {
  const { tx, first } = await desk.store.beginAccepting(plans.map(rowOf), []);
  return ending(tx, async () => {
    const accepts = plans.filter((_, index) => first[index] === 'fresh');
    await cancelEarlier(
      desk,
      tx,
      accepts.map(({ work }) => work),
    );
    return committed(desk, tx, accepts, await judge(desk, tx, callsOf(accepts)));
  });
}

/** @param verdicts on the accepted steps whose handler was called, in their order */
async function committed(
  desk: Desk,
  tx: LocalTransaction,
  accepts: readonly Plan[],
  verdicts: readonly Verdict[],
): Promise<Results> {
  const acting = accepts.filter(({ call }) => call);
  await correct(tx, acting, verdicts);
  await tx.commit();
  await reach(desk, 'S1', accepts.length);
  const results = new Map<Work, Answer>();
  for (const { work, refuse } of accepts) if (refuse) results.set(work, failed(work, refuse));
  acting.forEach(({ work }, index) => results.set(work, resultOf(work, verdicts[index]!)));
  return results;
}

/** @throws NotStored for a step that must succeed in the end */
function planRefused(work: Action, refuse: BranchFault): Plan {
  if (work.command.kind === StepKind.Retriable) throw new NotStored(refuse);
  return { work, call: null, refuse };
}

function planOf(desk: Desk, work: Action): Plan {
  const { operation, payload, kind } = work.command;
  const refuse = (code: NoCode, message: string): Plan => {
    if (kind === StepKind.Retriable && failsSagaStep(code)) throw new NotStored({ code, message });
    return { work, call: null, refuse: { code, message } };
  };
  const style = desk.catalog.find(operation)?.saga;
  if (!style) return refuse(NoCode.Error, `participant "${desk.participant}" has no action "${operation}"`);
  const parsed = parsePayload(style.schema, payload);
  if (!parsed.ok) return refuse(NoCode.InvalidPayload, parsed.message);
  const call = {
    key: work.key,
    operation,
    step: style.action,
    payload: parsed.payload,
    output: null,
    deadlineMs: Infinity,
  };
  return { work, call, refuse: null };
}

function rowOf({ work, refuse }: Plan): NewBranchRow {
  const { operation, payload } = work.command;
  return rowFor(work, 'saga', refuse ? 'FAILED' : 'DONE', { operation, payload, error: refuse });
}

/** R3: what an earlier attempt reserved here is given back in the action's own transaction. */
async function cancelEarlier(desk: Desk, tx: LocalTransaction, works: readonly Action[]): Promise<void> {
  const keys = works.flatMap(({ key }) => earlierKeys(key));
  if (keys.length === 0) return;
  const from = movableFrom('ACTION', BranchRowState.Aborted);
  const moves = await tx.moveRows(keys.map((key): RowMove => ({ key, from, to: BranchRowState.Aborted })));
  const contradicting = moves.find(({ row }) => !earlierAllowsAction(row))?.row;
  if (contradicting) throw violation(desk, contradicting);
  await carryOut(
    desk,
    tx,
    moves.flatMap(({ moved, row }) => (moved ? cancelCall(desk, row!) : [])),
  );
}

function violation(desk: Desk, row: BranchRow): Error {
  const { gtx, attempt, branch, state } = row;
  desk.log.error(
    { gtx, attempt, branch, state },
    'ACTION although an earlier attempt of this branch is not aborted',
  );
  return new Error(`attempt ${attempt} of this branch is ${state} here: the action must not run`);
}

function cancelCall(desk: Desk, row: BranchRow): Call {
  const style = row.operation === null ? undefined : desk.catalog.find(row.operation)?.tcc;
  if (!style)
    throw new Error(`operation "${row.operation}" of a prepared branch is not a tcc operation any more`);
  const parsed = parsePayload(style.schema, row.payload);
  if (!parsed.ok)
    throw new Error(`the payload of a prepared branch no longer fits its schema: ${parsed.message}`);
  return {
    key: row,
    operation: row.operation!,
    step: style.cancel,
    payload: parsed.payload,
    output: row.output,
    deadlineMs: Infinity,
  };
}

/** FAILED rows and outputs, in one statement. */
async function correct(
  tx: LocalTransaction,
  plans: readonly Plan[],
  verdicts: readonly Verdict[],
): Promise<void> {
  const moves = plans.flatMap(({ work }, index) => correctionOf(work, verdicts[index]!) ?? []);
  if (moves.length > 0) await tx.moveRows(moves);
}

function correctionOf({ key, command }: Action, verdict: Verdict): RowMove | null {
  const to = (state: RowMove['to'], more: Partial<RowMove>) => ({
    key,
    from: movableFrom('ACTION', state),
    to: state,
    ...more,
  });
  if (!verdict.refused) return verdict.output === null ? null : to('DONE', { output: verdict.output });
  if (command.kind === StepKind.Retriable) throw new NotStored(verdict.refused);
  return to('FAILED', { error: verdict.refused });
}

function resultOf(work: Action, verdict: Verdict): Answer {
  if (verdict.refused) return failed(work, verdict.refused);
  const stored: StoredResult = { result: 'DONE', state: 'DONE', error: null, output: verdict.output };
  return result(work, 'ACTION', stored);
}

function failed(work: Action, error: BranchFault): Answer {
  return result(work, 'ACTION', { result: 'FAILED', state: 'FAILED', error, output: null });
}

/** What is stored of this step; null: nothing. */
async function storedResult(desk: Desk, work: Action): Promise<Answer | null> {
  const rule = actionRule((await desk.lookRow(work.key)).row);
  return rule.do === 'report' ? result(work, 'ACTION', rule.stored) : null;
}

/** A duplicate: the stored result. */
async function repeatResult(desk: Desk, work: Action): Promise<Answer> {
  const { row, maxAttempt } = await desk.lookRow(work.key);
  const rule = actionRule(row);
  if (rule.do === 'report') return result(work, 'ACTION', rule.stored);
  if (maxAttempt > work.key.attempt)
    return retry(work, 'ACTION', { code: NoCode.Fenced, message: `fenced to attempt ${maxAttempt}` });
  if (rule.do === 'work')
    throw new StoreError('DUPLICATE', 'a row of this branch was there and is gone', false, null);
  desk.log.error({ ...work.key, state: rule.state }, "ACTION contradicts the branch's own row");
  return silent(work);
}
