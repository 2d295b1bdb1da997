import { change } from './change.js';
import type { Transition } from './effects.js';
import { attemptOf, currentAttempt, isSaga, knownState, mergedResults } from './image.js';
import { earlierSettled, settled } from './outstanding.js';
import { sagaEnd } from './saga.js';
import type { BranchResult, Drive } from './transaction.js';
import { BranchState as B, Decision, Heuristic, TransactionState as S } from './vocabulary.js';

/** Written on a branch that an operator resolved: it no longer counts against the transaction. */
export const RESOLVED = 'RESOLVED';

/** After an acknowledgement: quarantine, end, or keep it in memory until the others are in. `before` is the drive without it. */
export function settleEnd(before: Drive, acked: Drive): Transition {
  const heuristic = heuristicOf(acked);
  if (heuristic !== acked.tx.heuristic) return quarantine(acked, heuristic);
  if (acked.tx.state === S.Quarantined) return change(acked, { state: S.Quarantined });
  if (isSaga(acked.tx)) return sagaEnd(acked) ?? { kind: 'volatile', drive: acked, sends: [] };
  const end = twoPhaseEnd(acked);
  if (end && end !== before.tx.state) return change(acked, { state: end });
  return { kind: 'volatile', drive: acked, sends: [] };
}

/** The state that decision and acknowledgements call for: every branch must have acknowledged, never some of them. */
export function twoPhaseEnd(drive: Drive): S | null {
  // TLA+: Settled
  const { decision, attempt } = currentAttempt(drive.tx);
  if (!decision || !earlierSettled(drive)) return null;
  if (!drive.tx.branches.every((branch) => settled(knownState(drive, attempt, branch.id)))) return null;
  return decision === Decision.Commit ? S.Committed : S.Aborted;
}

export function quarantine(
  drive: Drive,
  heuristic: Heuristic,
  results: readonly BranchResult[] = [],
): Transition {
  // TLA+: Quarantine
  const detail = { heuristic };
  return change(drive, {
    state: S.Quarantined,
    heuristic,
    results,
    facts: [{ kind: 'QUARANTINED', attempt: drive.tx.attempt, branch: null, detail }],
  });
}

/** Aggregation only moves up: none → hazard → mixed (§9). */
export function heuristicOf(drive: Drive): Heuristic {
  const found = mergedResults(drive)
    .filter((result) => !resolved(result))
    .map((result) => heuristicOfResult(drive, result));
  return found.reduce(worse, drive.tx.heuristic);
}

/** Unresolved damage keeps a transaction quarantined. */
export function unresolvedResults(drive: Drive): readonly BranchResult[] {
  return mergedResults(drive).filter(
    (result) => !resolved(result) && heuristicOfResult(drive, result) !== Heuristic.None,
  );
}

export function worse(a: Heuristic, b: Heuristic): Heuristic {
  const order: readonly Heuristic[] = [Heuristic.None, Heuristic.Hazard, Heuristic.Mixed];
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}

/** LOST: we cannot know (hazard). An effect against the decision: mixed. */
function heuristicOfResult(drive: Drive, result: BranchResult): Heuristic {
  const decision = attemptOf(drive.tx, result.attempt)?.decision;
  if (result.state === B.Lost) return Heuristic.Hazard;
  if (decision === Decision.Commit && result.state === B.Aborted) return Heuristic.Mixed;
  if (decision === Decision.Abort && result.state === B.Committed) return Heuristic.Mixed;
  return Heuristic.None;
}

function resolved(result: BranchResult): boolean {
  return result.error?.code === RESOLVED;
}
