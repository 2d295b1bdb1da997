import type { Command } from './effects.js';
import { knownState } from './image.js';
import type { Drive, PlannedBranch } from './transaction.js';
import { BranchState as B, StepKind, TransactionState as S } from './vocabulary.js';

/**
 * Which saga steps may run, and which compensations, from the plan's graph and the results alone.
 * A result is durable before a successor is sent, so "all predecessors are executed" is a superset of "was sent":
 * what may have been sent can be derived by any driver, after any crash.
 */
export function sagaOutstanding(drive: Drive): readonly Command[] {
  switch (drive.tx.state) {
    case S.SagaRunning:
    case S.SagaStuckForward:
      return drive.tx.demand ? settlePivot(drive) : readyActions(drive);
    case S.SagaCompensating:
    case S.CompensationStuck:
      return readyCompensations(drive);
    default:
      return [];
  }
}

/** Executed: the step had its effect, whether or not it was undone since. */
function executed(drive: Drive, step: string): boolean {
  const state = stateOf(drive, step);
  return state === B.Done || state === B.Compensated;
}

/** The step was sent, or may have been by a driver that died. */
export function maybeSent(drive: Drive, step: PlannedBranch): boolean {
  // TLA+: MaybeSent
  return step.after.every((id) => executed(drive, id));
}

/** Nothing is left to undo of this step. */
export function undone(drive: Drive, step: PlannedBranch): boolean {
  const state = stateOf(drive, step.id);
  return state === B.Compensated || state === B.NullCompensated || state === B.Failed;
}

/** The pivot was sent and neither its result nor its planted key is known: it must be settled before anything is compensated. */
export function unsettledPivot(drive: Drive): PlannedBranch | undefined {
  // TLA+: UnsettledPivot
  return drive.tx.branches.find(
    (step) => step.kind === StepKind.Pivot && maybeSent(drive, step) && stateOf(drive, step.id) === B.Pending,
  );
}

/** From here only forward: the pivot is done, or (without a pivot) every compensatable step is and a retriable one may run. */
export function pastPivot(drive: Drive): boolean {
  // TLA+: PastPivot
  const pivot = drive.tx.branches.find((step) => step.kind === StepKind.Pivot);
  if (pivot) return stateOf(drive, pivot.id) === B.Done;
  return drive.tx.branches.some((step) => step.kind === StepKind.Retriable && maybeSent(drive, step));
}

export function allDone(drive: Drive): boolean {
  return drive.tx.branches.every((step) => stateOf(drive, step.id) === B.Done);
}

export function allUndone(drive: Drive): boolean {
  return drive.tx.branches.every((step) => !maybeSent(drive, step) || undone(drive, step));
}

function readyActions(drive: Drive): readonly Command[] {
  // TLA+: ReadyActions
  return drive.tx.branches
    .filter((step) => stateOf(drive, step.id) === B.Pending && maybeSent(drive, step))
    .map((step) => ({
      type: 'ACTION',
      ...addressOf(drive, step),
      operation: step.operation,
      payload: step.payload,
      kind: step.kind,
    }));
}

function settlePivot(drive: Drive): readonly Command[] {
  const pivot = unsettledPivot(drive);
  return pivot ? [compensate(drive, pivot, true)] : [];
}

/** Reverse order: a step is undone only after everything that may have run on top of it is. */
function readyCompensations(drive: Drive): readonly Command[] {
  // TLA+: ReadyCompensations
  return drive.tx.branches
    .filter((step) => maybeSent(drive, step) && !undone(drive, step))
    .filter((step) => successors(drive, step).every((next) => !maybeSent(drive, next) || undone(drive, next)))
    .map((step) => compensate(drive, step, false));
}

function successors(drive: Drive, step: PlannedBranch): readonly PlannedBranch[] {
  return drive.tx.branches.filter((other) => other.after.includes(step.id));
}

function compensate(drive: Drive, step: PlannedBranch, settle: boolean): Command {
  return { type: 'COMPENSATE', ...addressOf(drive, step), operation: step.operation, settle };
}

function addressOf(drive: Drive, step: PlannedBranch) {
  return { gtx: drive.tx.gtx, attempt: drive.tx.attempt, branch: step.id, participant: step.participant };
}

function stateOf(drive: Drive, step: string): B {
  return knownState(drive, drive.tx.attempt, step);
}
