import type { Command, Transition } from './effects.js';
import type { ProtocolEvent } from './events.js';
import { branchOf, isSaga } from './image.js';
import { onHeuristic, onOperator } from './operator.js';
import { newlyOutstanding } from './outstanding.js';
import { onResult, onSagaDeadline } from './saga.js';
import type { Drive, PlannedBranch, Transaction } from './transaction.js';
import { onAck, onFlush, onPrepareDeadline, onVote } from './two-phase.js';

/**
 * The room's one door: (drive, event) → transition. Pure and total; duplicates, late and reordered events are ordinary.
 * A durable transition's sends are what the written state newly calls for; nothing may leave before `change` is committed.
 * Throws InvariantError when the image contradicts itself (never for any message content).
 */
export function step(drive: Drive, event: ProtocolEvent): Transition {
  return withSends(drive, dispatch(drive, event));
}

function dispatch(drive: Drive, event: ProtocolEvent): Transition {
  switch (event.type) {
    case 'deadline':
      return onDeadline(drive, event.attempt);
    case 'flush':
      return onFlush(drive);
    case 'force-abort':
    case 'force-commit':
    case 'resolve':
      return onOperator(drive, event);
    default:
      return fromBranch(drive, event);
  }
}

function onDeadline(drive: Drive, attempt: number): Transition {
  if (attempt !== drive.tx.attempt) return { kind: 'none', reason: 'deadline of another attempt' };
  return isSaga(drive.tx) ? onSagaDeadline(drive) : onPrepareDeadline(drive);
}

type BranchEvent = Extract<ProtocolEvent, { participant: string }>;

/** A message counts only for a branch of the plan, from that branch's participant (G8). */
function fromBranch(drive: Drive, event: BranchEvent): Transition {
  if (drive.tx.branches.length === 0) return answerTombstone(drive, event);
  const branch = branchOf(drive.tx, event.branch);
  if (!branch) return { kind: 'refused', code: 'UNKNOWN_BRANCH', detail: event.branch };
  if (branch.participant !== event.participant) {
    return {
      kind: 'refused',
      code: 'WRONG_PARTICIPANT',
      detail: `${event.participant} is not ${branch.participant}`,
    };
  }
  return ofBranch(drive, branch, event);
}

function ofBranch(drive: Drive, branch: PlannedBranch, event: BranchEvent): Transition {
  switch (event.type) {
    case 'vote':
      return onVote(drive, branch, event);
    case 'ack':
      return onAck(drive, branch, event);
    case 'result':
      return onResult(drive, branch, event);
    case 'heuristic':
      return onHeuristic(drive, branch, event);
  }
}

/** A tombstone has no plan: whoever votes YES on it is told ABORT. */
function answerTombstone(drive: Drive, event: BranchEvent): Transition {
  if (event.type !== 'vote' || event.vote === 'NO') return { kind: 'none', reason: 'tombstone' };
  return { kind: 'volatile', drive, sends: [abortFor(drive.tx, event)] };
}

export function abortFor(
  tx: Transaction,
  to: Pick<BranchEvent, 'attempt' | 'branch' | 'participant'>,
): Command {
  return { type: 'ABORT', gtx: tx.gtx, attempt: to.attempt, branch: to.branch, participant: to.participant };
}

function withSends(before: Drive, transition: Transition): Transition {
  if (transition.kind === 'none' || transition.kind === 'refused') return transition;
  return { ...transition, sends: [...transition.sends, ...newlyOutstanding(before, transition.drive)] };
}
