import type { BranchEvidence, DoneWork, LocalTransaction, RecordedWork } from '#persistence';
import type { BranchFault, Json } from '#protocol';
import { BranchRowState, NoCode, formatGid, plainNo, prepareRule, storedNo } from '#protocol';
import { no, yes } from '../desk/answers.js';
import { MAX_TRIES, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain, noOfFault } from '../desk/fault.js';
import type { Fault } from '../desk/fault.js';
import type { Answer, Work, WorkOf } from '../desk/work.js';
import { parsePayload } from '../operations/catalog.js';
import type { XaStyle } from '../operations/operation.js';
import { isStatement } from '../operations/operation.js';
import { Refused } from '../operations/refused.js';
import type { Call } from './judge.js';
import { along, faultOfRefusal, judge } from './judge.js';
import { budgetSpent, repeated, seenOf } from './seen.js';
import { ending, inTransaction, rowFor } from './transaction.js';

/**
 * PREPARE by PREPARE TRANSACTION (protocol.md §6). Order, each step checked by model/xa_model.py:
 *  1 rows and fence, then gids   2 business SQL   3 in one statement, in this order: read-only test, before any row of ours; fence,
 *  testing it again; plain insert of the row, already COMMITTED   4 PREPARE TRANSACTION.
 * A lock timeout anywhere, a duplicate row or a duplicate gid may be our own other copy: look again, a bounded number of times.
 *
 * `looked`: what step 1 saw, if somebody took it. It may be old by now: fence, row and gid refuse what has changed since, and a NO is
 * not said before looking again.
 */
export async function prepareXa(
  desk: Desk,
  work: WorkOf<'PREPARE'>,
  style: XaStyle<unknown>,
  looked: BranchEvidence | null,
): Promise<Answer> {
  // TLA+: XaBranch!PrepareLook, XaBranch!PrepareGid
  let fault: Fault | null = null;
  for (let tries = 0, seen = looked; ; tries += 1, seen = null) {
    const rule = prepareRule(seenOf(seen ?? (await desk.look(work.key))), budgetSpent(desk, work));
    const known = repeated(work, rule);
    if (known) return known;
    if (fault && (tries >= MAX_TRIES || !looksAgain(fault))) return no(work, noOfFault(fault));
    try {
      const answer =
        rule.do === 'expire' ? await expire(desk, work) : await workAndPrepare(desk, work, style);
      return seen && isNo(answer) ? ((await lookedAgain(desk, work)) ?? answer) : answer;
    } catch (error) {
      fault = await faultOfBranch(desk, error);
    }
  }
}

const isNo = ({ reply }: Answer): boolean => reply?.type === 'VOTE' && reply.vote === 'NO';

/** A handler may refuse because of what another copy has committed since that look. */
async function lookedAgain(desk: Desk, work: WorkOf<'PREPARE'>): Promise<Answer | null> {
  return knownAnswer(work, await desk.look(work.key));
}

/** The answer to a PREPARE that this database has dealt with before; null where work is called for. */
export function knownAnswer(work: WorkOf<'PREPARE'>, seen: BranchEvidence): Answer | null {
  return repeated(work, prepareRule(seenOf(seen), false));
}

async function workAndPrepare(desk: Desk, work: WorkOf<'PREPARE'>, style: XaStyle<unknown>): Promise<Answer> {
  // TLA+: XaBranch!PrepareWork, XaBranch!PrepareFence, XaBranch!PrepareTransaction, XaBranch!PrepareReadOnly
  const { operation, payload } = work.command;
  await reach(desk, 'P1');
  const parsed = parsePayload(style.schema, payload);
  if (!parsed.ok) return no(work, plainNo(NoCode.InvalidPayload, parsed.message));
  const call = {
    key: work.key,
    operation,
    step: style.work,
    payload: parsed.payload,
    output: null,
    deadlineMs: work.deadlineMs,
  };
  try {
    return await (isStatement(style.work) ? workAtOnce(desk, work, call) : workInTurn(desk, work, call));
  } catch (error) {
    if (error instanceof Refused) return refusedBy(work, faultOfRefusal(error));
    throw error;
  }
}

const refusedBy = (work: Work, fault: BranchFault): Answer => no(work, { code: NoCode.Refused, fault });

/** The handler's SQL and the row of what it did, in one message. */
async function workAtOnce(desk: Desk, work: WorkOf<'PREPARE'>, call: Call): Promise<Answer> {
  const { statements, verdicts } = along(desk, [call])!;
  const { tx, first, answers } = await desk.store.beginRecording(rowOf(work, null), statements[0]);
  return ending(tx, async () => {
    const verdict = verdicts(answers)[0]!;
    if (verdict.refused) return refusedBy(work, verdict.refused);
    const { output } = verdict;
    if (output !== null && first !== 'fenced')
      await tx.moveRows([{ key: work.key, from: [first], to: first, output }]);
    return prepared(desk, tx, work, output, first);
  });
}

async function workInTurn(desk: Desk, work: WorkOf<'PREPARE'>, call: Call): Promise<Answer> {
  return inTransaction(desk, async (tx) => {
    const verdict = (await judge(desk, tx, [call]))[0]!;
    if (verdict.refused) return refusedBy(work, verdict.refused);
    return prepared(desk, tx, work, verdict.output, await tx.recordWork(rowOf(work, verdict.output)));
  });
}

function rowOf(work: WorkOf<'PREPARE'>, output: Json): DoneWork {
  const state = BranchRowState.Committed;
  return { ...rowFor(work, 'xa', state, { operation: work.command.operation, output }), state };
}

async function prepared(
  desk: Desk,
  tx: LocalTransaction,
  work: WorkOf<'PREPARE'>,
  output: Json,
  recorded: RecordedWork,
): Promise<Answer> {
  if (recorded === 'fenced')
    return no(work, plainNo(NoCode.Fenced, 'a later attempt of this branch ran here'));
  await reach(desk, 'P2');
  const readOnly = recorded === BranchRowState.ReadOnly;
  await (readOnly ? tx.commit() : tx.prepare(gidOf(desk, work)));
  await reach(desk, 'P3');
  return yes(work, readOnly ? 'READ_ONLY' : 'YES', output);
}

/** Plants the tombstone without rolling anything back: a prepared copy of ours is found by looking again. */
async function expire(desk: Desk, work: WorkOf<'PREPARE'>): Promise<Answer> {
  // TLA+: XaBranch!Expire
  const expired = plainNo(NoCode.Expired, 'the prepare budget was spent before the work began');
  return inTransaction(desk, async (tx) => {
    const [raised] = await tx.raiseFences([work.key]);
    if (!raised) return no(work, plainNo(NoCode.Fenced, 'a later attempt of this branch ran here'));
    const { operation } = work.command;
    await tx.insertRows([
      rowFor(work, 'xa', BranchRowState.Aborted, { operation, error: storedNo(expired) }),
    ]);
    await tx.commit();
    return no(work, expired);
  });
}

export function gidOf(desk: Desk, { key }: Pick<Work, 'key'>): string {
  const { gtx, attempt, branch } = key;
  return formatGid({ participant: desk.participant, gtx, attempt, branch });
}
