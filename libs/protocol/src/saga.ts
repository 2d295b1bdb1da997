import { change } from './change.js';
import type { Transition } from './effects.js';
import type { ResultEvent } from './events.js';
import { isSaga, knownState, resultKey } from './image.js';
import { earlierSettled } from './outstanding.js';
import { allDone, allUndone, pastPivot, undone, unsettledPivot } from './saga-order.js';
import type { BranchResult, CompensationDemand, Drive, PlannedBranch } from './transaction.js';
import { BranchState as B, Decision, Phase, StepKind, TransactionState as S } from './vocabulary.js';

/** RETRYs in a row after which a step that may not fail is called stuck (retried for ever, alarmed). */
export const STUCK_AFTER_RETRIES = 5;

/** Results are matched on (attempt, branch, phase); duplicates and late ones change nothing. */
export function onResult(drive: Drive, step: PlannedBranch, event: ResultEvent): Transition {
  if (event.attempt > drive.tx.attempt)
    return { kind: 'refused', code: 'UNKNOWN_ATTEMPT', detail: `attempt ${event.attempt}` };
  if (event.attempt < drive.tx.attempt || !isSaga(drive.tx))
    return { kind: 'none', reason: 'not of the current saga' };
  return event.phase === Phase.Action ? onAction(drive, step, event) : onCompensate(drive, step, event);
}

/** The saga limit is spent: undo, unless only forward is left. */
export function onSagaDeadline(drive: Drive): Transition {
  return demandCompensation(drive, { reason: 'TIMEOUT', by: 'deadline' });
}

/** Starts the way back. A pivot that may have been sent is settled first [X by argument]: then nothing else is sent until it is known. */
export function demandCompensation(drive: Drive, demand: CompensationDemand): Transition {
  // TLA+: DemandCompensation
  if (drive.tx.state !== S.SagaRunning || drive.tx.demand) return { kind: 'none', reason: 'no saga to undo' };
  if (pastPivot(drive)) return { kind: 'none', reason: 'past the pivot: only forward' };
  const facts = [
    {
      kind: 'COMPENSATION_DEMANDED' as const,
      attempt: drive.tx.attempt,
      branch: null,
      detail: { ...demand },
    },
  ];
  return turnBack(drive, { demand, facts });
}

/** The end of the saga, if it is reached: its cell is filled now, and only when earlier attempts are acknowledged too. */
export function sagaEnd(drive: Drive): Transition | null {
  // TLA+: Settled
  if (!earlierSettled(drive)) return null;
  const { state } = drive.tx;
  if ((state === S.SagaRunning || state === S.SagaStuckForward) && allDone(drive)) {
    return change(drive, { state: S.SagaCompleted, decide: { decision: Decision.Commit, reason: null } });
  }
  if ((state === S.SagaCompensating || state === S.CompensationStuck) && allUndone(drive)) {
    return change(drive, { state: S.SagaCompensated, decide: aborted(drive.tx.demand) });
  }
  return null;
}

function onAction(drive: Drive, step: PlannedBranch, event: ResultEvent): Transition {
  // TLA+: TakeResult
  const running = drive.tx.state === S.SagaRunning || drive.tx.state === S.SagaStuckForward;
  if (!running || known(drive, step) !== B.Pending) return { kind: 'none', reason: 'not awaited' };
  if (event.result === 'DONE') return record(drive, step, event, B.Done);
  const mustGoOn = step.kind === StepKind.Retriable || pastPivot(drive);
  if (event.result === 'RETRY' || mustGoOn)
    return retried(drive, step, event, mustGoOn ? S.SagaStuckForward : null);
  return record(drive, step, event, B.Failed);
}

function onCompensate(drive: Drive, step: PlannedBranch, event: ResultEvent): Transition {
  // TLA+: TakeUndone; TakeResult for a pivot that is settled
  const settling =
    drive.tx.state === S.SagaRunning && drive.tx.demand !== null && step.kind === StepKind.Pivot;
  const compensating = drive.tx.state === S.SagaCompensating || drive.tx.state === S.CompensationStuck;
  if (!settling && !compensating) return { kind: 'none', reason: 'no compensation is awaited' };
  if (event.result === 'RETRY' || event.state === null) {
    return retried(drive, step, event, compensating ? S.CompensationStuck : null);
  }
  if (undone(drive, step) || (compensating && event.state === B.Done))
    return { kind: 'none', reason: 'not awaited' };
  return record(drive, step, event, event.state);
}

/** Writes one result, then asks where that leads: forward, back, or to the end. */
function record(drive: Drive, step: PlannedBranch, event: ResultEvent, state: B): Transition {
  const result: BranchResult = {
    attempt: drive.tx.attempt,
    branch: step.id,
    state,
    output: event.output,
    error: event.fault,
  };
  const withResult = forget(withUnwritten(drive, result), step.id);
  if (drive.tx.state === S.SagaCompensating || drive.tx.state === S.CompensationStuck) {
    return sagaEnd(withResult) ?? change(withResult, { state: S.SagaCompensating });
  }
  return forward(withResult, step, event);
}

/** While the saga runs: a failure before the pivot demands compensation; a settled pivot decides a pending demand. */
function forward(drive: Drive, step: PlannedBranch, event: ResultEvent): Transition {
  if (drive.tx.demand) return turnBack(drive, { demand: drive.tx.demand, facts: [] });
  if (known(drive, step) === B.Failed) {
    return demandCompensation(drive, { reason: event.fault?.code ?? 'FAILED', by: 'step' });
  }
  return sagaEnd(drive) ?? change(drive, { state: S.SagaRunning });
}

/** One write that goes as far back as the pivot allows: settle it, give the demand up (it is done), compensate, or end at once. */
function turnBack(
  drive: Drive,
  wish: Pick<Parameters<typeof change>[1], 'facts'> & { demand: CompensationDemand },
): Transition {
  if (pastPivot(drive)) {
    const resumed: Drive = { ...drive, tx: { ...drive.tx, demand: null } };
    return sagaEnd(resumed) ?? change(resumed, { state: S.SagaRunning, demand: null });
  }
  if (unsettledPivot(drive)) return change(drive, { state: S.SagaRunning, ...wish });
  if (allUndone(drive) && earlierSettled(drive)) {
    return change(drive, { state: S.SagaCompensated, ...wish, decide: aborted(wish.demand) });
  }
  return change(drive, { state: S.SagaCompensating, ...wish });
}

/** RETRY keeps the command outstanding; only a step that may not fail is called stuck, once. */
function retried(drive: Drive, step: PlannedBranch, event: ResultEvent, stuck: S | null): Transition {
  const key = retryKey(event.phase, step.id);
  const times = (drive.retries[key] ?? 0) + 1;
  const next: Drive = { ...drive, retries: { ...drive.retries, [key]: times } };
  const alarm = stuck !== null && times >= STUCK_AFTER_RETRIES && drive.tx.state !== stuck;
  if (!alarm) return { kind: 'volatile', drive: next, sends: [] };
  const detail = {
    phase: event.phase,
    code: event.fault?.code ?? null,
    message: event.fault?.message ?? null,
  };
  return change(next, {
    state: stuck,
    facts: [{ kind: 'STATE', attempt: drive.tx.attempt, branch: step.id, detail }],
  });
}

function withUnwritten(drive: Drive, result: BranchResult): Drive {
  return { ...drive, unwritten: { ...drive.unwritten, [resultKey(result.attempt, result.branch)]: result } };
}

function forget(drive: Drive, step: string): Drive {
  const retries = Object.entries(drive.retries).filter(([key]) => !key.endsWith(`:${step}`));
  return { ...drive, retries: Object.fromEntries(retries) };
}

function retryKey(phase: Phase, step: string): string {
  return `${phase}:${step}`;
}

function aborted(demand: CompensationDemand | null) {
  return { decision: Decision.Abort, reason: demand?.reason ?? null };
}

function known(drive: Drive, step: PlannedBranch): B {
  return knownState(drive, drive.tx.attempt, step.id);
}
