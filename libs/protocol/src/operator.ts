import { change } from './change.js';
import type { Transition } from './effects.js';
import type { HeuristicEvent, OperatorEvent } from './events.js';
import { attemptOf, branchOf, currentAttempt, isSaga, knownResult } from './image.js';
import { pastPivot } from './saga-order.js';
import { demandCompensation, sagaEnd } from './saga.js';
import { RESOLVED, quarantine, twoPhaseEnd, unresolvedResults, worse } from './settle.js';
import type { BranchResult, Drive, PlannedBranch } from './transaction.js';
import { decideAbort, decideCommit } from './two-phase.js';
import { Decision, Heuristic, TransactionState as S, Vote } from './vocabulary.js';

/** Operators may fill an empty cell, never overwrite one (protocol.md §9). */
export function onOperator(drive: Drive, event: OperatorEvent): Transition {
  switch (event.type) {
    case 'force-abort':
      return forceAbort(drive);
    case 'force-commit':
      return forceCommit(drive);
    case 'resolve':
      return resolve(drive, event);
  }
}

/** The participant took a decision on its own. Undecided: the flag only (and no fallback any more); decided: quarantine. */
export function onHeuristic(drive: Drive, branch: PlannedBranch, event: HeuristicEvent): Transition {
  const decision = attemptOf(drive.tx, event.attempt)?.decision;
  const heuristic = worse(
    drive.tx.heuristic,
    decision && decision !== event.taken ? Heuristic.Mixed : Heuristic.Hazard,
  );
  if (heuristic === drive.tx.heuristic) return { kind: 'none', reason: 'flagged already' };
  const detail = { taken: event.taken, by: event.by, reason: event.reason };
  if (decision) return quarantine(drive, heuristic);
  const facts = [{ kind: 'QUARANTINED' as const, attempt: event.attempt, branch: branch.id, detail }];
  return change(drive, { state: drive.tx.state, heuristic, facts });
}

/** Ordinary CAS with §8 switched off; a saga before its pivot compensates. */
function forceAbort(drive: Drive): Transition {
  if (currentAttempt(drive.tx).decision) return decided(drive);
  if (!isSaga(drive.tx))
    return decideAbort(drive, { reason: 'FORCE_ABORT', fallback: false, by: 'operator' });
  if (pastPivot(drive)) return { kind: 'refused', code: 'PAST_PIVOT', detail: 'past the pivot only forward' };
  return demandCompensation(drive, { reason: 'FORCE_ABORT', by: 'operator' });
}

/** Only with YES from every branch: the votes in hand decide, otherwise they are dropped and re-asked (the caller waits and asks again). */
function forceCommit(drive: Drive): Transition {
  if (currentAttempt(drive.tx).decision) return decided(drive);
  if (isSaga(drive.tx))
    return { kind: 'refused', code: 'NOT_2PC', detail: 'a saga cannot be force-committed' };
  const yes = drive.tx.branches.every((branch) => {
    const held = drive.votes[branch.id];
    return held && held.vote !== Vote.No;
  });
  return yes ? decideCommit(drive) : { kind: 'volatile', drive: { ...drive, votes: {} }, sends: [] };
}

/** Evidence replaces what is not known (LOST) or what went against the decision; the heuristic flag stays as history. */
function resolve(drive: Drive, event: Extract<OperatorEvent, { type: 'resolve' }>): Transition {
  const branch = branchOf(drive.tx, event.branch);
  if (!branch) return { kind: 'refused', code: 'UNKNOWN_BRANCH', detail: event.branch };
  if (drive.tx.state !== S.Quarantined)
    return { kind: 'refused', code: 'NOTHING_TO_RESOLVE', detail: drive.tx.state };
  const result: BranchResult = {
    attempt: event.attempt,
    branch: branch.id,
    state: event.state,
    output: knownResult(drive, event.attempt, branch.id)?.output ?? null,
    error: { code: RESOLVED, message: `${event.by}: ${event.reason}` },
  };
  const results: Drive = {
    ...drive,
    unwritten: { ...drive.unwritten, [`${result.attempt}:${result.branch}`]: result },
  };
  const facts = [
    {
      kind: 'RESOLVED' as const,
      attempt: event.attempt,
      branch: branch.id,
      detail: { state: event.state, by: event.by },
    },
  ];
  if (unresolvedResults(results).length > 0) return change(results, { state: S.Quarantined, facts });
  const state = resumedState(results);
  return sagaEnd({ ...results, tx: { ...results.tx, state } }) ?? change(results, { state, facts });
}

/** Where decision and results say a resolved transaction is. */
function resumedState(drive: Drive): S {
  const { decision } = currentAttempt(drive.tx);
  if (isSaga(drive.tx)) return resumedSaga(drive);
  if (!decision) return S.Quarantined;
  return twoPhaseEnd(drive) ?? (decision === Decision.Commit ? S.Committing : S.Aborting);
}

function resumedSaga(drive: Drive): S {
  const { decision } = currentAttempt(drive.tx);
  if (decision) return decision === Decision.Commit ? S.SagaCompleted : S.SagaCompensated;
  return drive.tx.demand ? S.SagaCompensating : S.SagaRunning;
}

function decided(drive: Drive): Transition {
  const { attempt, decision } = currentAttempt(drive.tx);
  return { kind: 'refused', code: 'ALREADY_DECIDED', detail: `attempt ${attempt} is ${decision}` };
}
