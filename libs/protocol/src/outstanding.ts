import type { Command } from './effects.js';
import { attemptOf, currentAttempt, isSaga, knownState } from './image.js';
import { sagaOutstanding } from './saga-order.js';
import type { Drive, PlannedBranch, Transaction } from './transaction.js';
import { BranchState, Decision, TransactionState } from './vocabulary.js';

/**
 * What must be sent is a function of (transaction state, branch states) (protocol.md §3): protocol messages need no outbox.
 * A first send is what a step adds to this list; a re-send is the list.
 */
export function outstanding(drive: Drive): readonly Command[] {
  // TLA+: Outstanding, Send
  return [...earlierAborts(drive), ...currentCommands(drive)];
}

/** What `after` asks for that `before` did not. */
export function newlyOutstanding(before: Drive | null, after: Drive): readonly Command[] {
  if (!before) return outstanding(after);
  if (onlyAnswered(before, after)) return [];
  const asked = new Set(outstanding(before).map(commandKey));
  return outstanding(after).filter((command) => !asked.has(commandKey(command)));
}

/** A 2PC image that no write changed, and of which no vote was dropped, asks for no more than before. */
function onlyAnswered(before: Drive, after: Drive): boolean {
  if (before.tx !== after.tx || isSaga(after.tx)) return false;
  return Object.keys(before.votes).every((branch) => branch in after.votes);
}

/** The decision's command for one branch of one attempt: the answer to a late vote or an inquiry. Undefined while undecided. */
export function decisionCommand(
  tx: Transaction,
  attempt: number,
  branch: PlannedBranch,
): Command | undefined {
  const decision = attemptOf(tx, attempt)?.decision;
  return decision ? { type: decision, ...address(tx, attempt, branch) } : undefined;
}

/** A branch state that answers COMMIT or ABORT for good. */
export function settled(state: BranchState): boolean {
  return (
    state === BranchState.Committed ||
    state === BranchState.Aborted ||
    state === BranchState.ReadOnly ||
    state === BranchState.Lost
  );
}

/** True when no branch of the attempts before the current one still owes the acknowledgement of its ABORT. */
export function earlierSettled(drive: Drive): boolean {
  return earlierAborts(drive).length === 0;
}

/** ABORT(e) of a fallback goes to every branch, beside the saga's actions (D2f). */
function earlierAborts(drive: Drive): readonly Command[] {
  return drive.tx.attempts
    .filter((attempt) => attempt.attempt < drive.tx.attempt)
    .flatMap((attempt) => unsettledCommands(drive, attempt.attempt, Decision.Abort));
}

function currentCommands(drive: Drive): readonly Command[] {
  if (isSaga(drive.tx)) return sagaOutstanding(drive);
  const { decision, attempt } = currentAttempt(drive.tx);
  if (decision) return unsettledCommands(drive, attempt, decision);
  return drive.tx.state === TransactionState.Preparing ? prepares(drive) : [];
}

function prepares(drive: Drive): readonly Command[] {
  return drive.tx.branches
    .filter((branch) => !(branch.id in drive.votes))
    .map((branch) => ({
      type: 'PREPARE',
      ...address(drive.tx, drive.tx.attempt, branch),
      operation: branch.operation,
      payload: branch.payload,
    }));
}

function unsettledCommands(drive: Drive, attempt: number, type: Decision): readonly Command[] {
  return drive.tx.branches
    .filter((branch) => !settled(knownState(drive, attempt, branch.id)))
    .map((branch) => ({ type, ...address(drive.tx, attempt, branch) }));
}

export function address(tx: Transaction, attempt: number, branch: PlannedBranch) {
  return { gtx: tx.gtx, attempt, branch: branch.id, participant: branch.participant };
}

function commandKey(command: Command): string {
  return `${command.type}:${command.attempt}:${command.branch}${command.type === 'COMPENSATE' && command.settle ? ':settle' : ''}`;
}
