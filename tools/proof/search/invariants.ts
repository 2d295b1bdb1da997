/** What must hold in every reachable state (protocol.md §1, §8; proof.md I1, I2, I4, I5, I7). Null = all of it holds. */
import type { Transaction } from '#protocol';
import { Messages } from './messages.js';
import type { View } from './model-types.js';
import type { Facts } from './participant.js';

const COMMIT = Messages.bitOfAsk('COMMIT');
const ABORT = Messages.bitOfAsk('ABORT');
const SAGA = Messages.bitOfAsk('ACTION') | Messages.bitOfAsk('COMPENSATE') | Messages.bitOfAsk('SETTLE');

export function checkOf(
  branches: Transaction['branches'],
  mode: '2pc' | 'saga',
): (view: View) => string | null {
  const successors = branches.map(({ id }) =>
    branches.flatMap((other, index) => (other.after.includes(id) ? [index] : [])),
  );
  const pivot = branches.findIndex(({ kind }) => kind === 'pivot');
  const twoPhase = mode === '2pc';
  return (view) =>
    view.image.fault ??
    first(view.participants, ({ fault }) => fault) ??
    atomic(view) ??
    (twoPhase ? (sent(view) ?? oneAttempt(view)) : null) ??
    sagaOrder(view.participants, successors, pivot) ??
    end(view) ??
    truth(view) ??
    damage(view);
}

/** G1, I1, I2: durable results of attempt 1 agree with each other and with the cell. */
function atomic({ participants, image, losses }: View): string | null {
  const committed = participants.some((one) => one.committed);
  const cell = image.cells[0];
  // A participant that lost its memory may contradict the decision: that is damage, and must be reported as such.
  if (losses > 0) return committed && cell !== 'COMMIT' ? 'G1 committed without a decision' : null;
  if (committed && participants.some((one) => one.aborted)) return 'G1 one branch committed, another aborted';
  if (committed && cell !== 'COMMIT') return `G1 a branch committed, the decision is ${cell ?? 'open'}`;
  if (cell === 'COMMIT' && participants.some((one) => one.aborted))
    return 'G1 a branch aborted, the decision is COMMIT';
  return null;
}

/** Persist, then send: every decision and every action under way is durable. */
function sent({ messages, image }: View): string | null {
  const all = messages.reduce((bits, one) => bits | one, 0);
  if (all & COMMIT && image.cells[0] !== 'COMMIT') return 'D2 COMMIT was sent, the decision is not COMMIT';
  if (all & ABORT && image.cells[0] !== 'ABORT') return 'D2 ABORT was sent, the decision is not ABORT';
  if (all & SAGA && image.attempts < 2) return 'R1 a saga command was sent before attempt 2 is durable';
  return null;
}

/** §8: an effect of one attempt only; no action beside a reservation of attempt 1. */
function oneAttempt({ participants }: View): string | null {
  if (participants.some((one) => one.committed) && participants.some((one) => one.acted))
    return 'G1 effects of both attempts';
  const both = participants.some((one) => one.acted && one.prepared);
  return both ? 'R3 an action ran beside its own prepared attempt' : null;
}

/** G6, I7: only what is undone may be missing under what is undone; a pivot is never undone. */
function sagaOrder(
  participants: readonly Facts[],
  successors: readonly (readonly number[])[],
  pivot: number,
): string | null {
  for (const [index, one] of participants.entries()) {
    const live = successors[index]!.some(
      (next) => participants[next]!.acted && !participants[next]!.compensated,
    );
    if (one.compensated && live) return 'G6 a step was undone below one that still stands';
    if (!one.acted && successors[index]!.some((next) => participants[next]!.acted))
      return 'G6 a step ran before its predecessor';
  }
  if (pivot < 0) return null;
  const undone = participants.some((one) => one.compensated);
  if (participants[pivot]!.compensated) return 'G6 the pivot was undone';
  return undone && participants[pivot]!.acted ? 'G6 steps undone although the pivot is done' : null;
}

/** G5, G6, I4, I5: what an ended transaction leaves behind, now and after every later message. */
function end({ participants, image }: View): string | null {
  if (!image.terminal || image.tombstone) return null;
  if (participants.some((one) => one.prepared)) return 'I4 ended, but a branch is prepared';
  switch (image.state) {
    case 'COMMITTED':
      return participants.every((one) => one.committed || one.readOnly)
        ? null
        : 'G5 COMMITTED without an effect';
    case 'SAGA_COMPLETED':
      return participants.every((one) => one.acted && !one.compensated)
        ? null
        : 'G6 completed, but a step is missing';
    case 'SAGA_COMPENSATED':
      return participants.every((one) => one.acted === one.compensated)
        ? null
        : 'G6 compensated, but a step still stands';
    default:
      return participants.some((one) => one.acted) ? 'G5 ABORTED with an effect' : null;
  }
}

/** The ledger says of a branch only what is so, and what stays so. */
function truth({ participants, image }: View): string | null {
  for (const [index, written] of image.first.entries()) {
    const one = participants[index]!;
    if (written === 'COMMITTED' && !one.committed)
      return 'the ledger calls a branch COMMITTED that has no effect';
    if (written === 'ABORTED' && (one.committed || one.prepared))
      return 'the ledger calls a branch ABORTED that holds something';
  }
  return null;
}

/** Without loss nothing is ever called lost, and nothing goes against its decision. */
function damage({ participants, image, losses }: View): string | null {
  if (losses > 0) return null;
  if (image.quarantined) return 'G5 quarantined, though nothing was damaged';
  return participants.some((one) => one.lost) ? 'a branch is called LOST that never was' : null;
}

function first<T>(items: readonly T[], ask: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = ask(item);
    if (found) return found;
  }
  return null;
}
