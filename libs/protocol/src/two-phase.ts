import { change } from './change.js';
import type { Command, Transition } from './effects.js';
import type { AckEvent, VoteEvent } from './events.js';
import { fallbackAllowed } from './fallback.js';
import type { AbortCause } from './fallback.js';
import { attemptOf, branchOf, isSaga, knownResult, mergedResults, resultKey } from './image.js';
import { decisionCommand } from './outstanding.js';
import { settleEnd } from './settle.js';
import type { BranchResult, Drive, HeldVote, PlannedBranch } from './transaction.js';
import { BranchState as B, Decision, Mode, TransactionState as S, Vote } from './vocabulary.js';

/** A vote counts once a branch (a set, never a count), only for the current attempt while it is undecided. */
export function onVote(drive: Drive, branch: PlannedBranch, event: VoteEvent): Transition {
  // TLA+: TakeVote
  const { tx } = drive;
  const attempt = attemptOf(tx, event.attempt);
  if (!attempt) return { kind: 'refused', code: 'UNKNOWN_ATTEMPT', detail: `attempt ${event.attempt}` };
  if (attempt.decision) return answerDecided(drive, branch, event);
  if (isSaga(tx) || tx.state !== S.Preparing) return { kind: 'none', reason: 'no vote is awaited' };
  const held: HeldVote = { vote: event.vote, code: event.code, fault: event.fault };
  const voted: Drive = { ...drive, votes: { ...drive.votes, [branch.id]: held } };
  if (event.vote === Vote.No) return decideAbort(voted, refusal(held));
  return tx.branches.every((one) => one.id in voted.votes)
    ? decideCommit(voted)
    : { kind: 'volatile', drive: voted, sends: [] };
}

/** COMMIT needs YES or READ_ONLY from every branch of the attempt; read-only ones owe nothing more. */
export function decideCommit(drive: Drive): Transition {
  // TLA+: DecideCommit
  const { tx } = drive;
  const readOnly: BranchResult[] = tx.branches
    .filter((branch) => drive.votes[branch.id]?.vote === Vote.ReadOnly)
    .map((branch) => ({
      attempt: tx.attempt,
      branch: branch.id,
      state: B.ReadOnly,
      output: null,
      error: null,
    }));
  const done = readOnly.length === tx.branches.length;
  return change(drive, {
    state: done ? S.Committed : S.Committing,
    results: readOnly,
    decide: { decision: Decision.Commit, reason: null },
  });
}

/** The only writer of ABORT for a 2PC attempt: evaluates §8 in the same write. */
export function decideAbort(drive: Drive, cause: AbortCause): Transition {
  // TLA+: DecideAbort, DecideFallback
  const results = refusedResults(drive);
  const decide = { decision: Decision.Abort, reason: cause.reason };
  if (cause.fallback && fallbackAllowed(drive, cause)) {
    return change(drive, { state: S.SagaRunning, results, decide, startAttempt: Mode.Saga });
  }
  return change(drive, { state: S.Aborting, results, decide });
}

/** Acknowledgements wait in memory and are written with the end state: any driver can ask for them again. */
export function onAck(drive: Drive, branch: PlannedBranch, event: AckEvent): Transition {
  // TLA+: TakeAck
  const decision = attemptOf(drive.tx, event.attempt)?.decision;
  if (!decision)
    return { kind: 'refused', code: 'UNKNOWN_ATTEMPT', detail: `attempt ${event.attempt} has no decision` };
  const known = knownResult(drive, event.attempt, branch.id);
  if (known && known.state !== B.Pending && known.state === event.state)
    return { kind: 'none', reason: 'acknowledged' };
  if (known && known.state !== B.Pending) return { kind: 'none', reason: `already ${known.state}` };
  const result: BranchResult = {
    attempt: event.attempt,
    branch: branch.id,
    state: event.state,
    output: event.output,
    error: known?.error ?? null,
  };
  const acked: Drive = {
    ...drive,
    unwritten: { ...drive.unwritten, [resultKey(result.attempt, result.branch)]: result },
  };
  return settleEnd(drive, acked);
}

/** Writes acknowledgements that wait for slower branches. Others may have written theirs meanwhile: this may be the end. */
export function onFlush(drive: Drive): Transition {
  if (Object.keys(drive.unwritten).length === 0) return { kind: 'none', reason: 'nothing unwritten' };
  const end = settleEnd(drive, drive);
  return end.kind === 'durable' ? end : change(drive, { state: drive.tx.state });
}

export function onPrepareDeadline(drive: Drive): Transition {
  if (drive.tx.state !== S.Preparing) return { kind: 'none', reason: 'not preparing' };
  return decideAbort(drive, { reason: 'TIMEOUT', fallback: true, by: 'timeout' });
}

/** The decision is out: whoever votes YES now is told it again. A NO holds nothing. */
function answerDecided(drive: Drive, branch: PlannedBranch, event: VoteEvent): Transition {
  const answer = event.vote === Vote.No ? undefined : decisionCommand(drive.tx, event.attempt, branch);
  const sends: readonly Command[] = answer ? [answer] : [];
  return { kind: 'volatile', drive, sends };
}

function refusal(vote: HeldVote): AbortCause {
  return { reason: vote.fault?.code ?? vote.code ?? 'REFUSED', fallback: true, by: 'vote' };
}

/** NO votes leave their reason on the branch; its state stays PENDING until it acknowledged the ABORT. */
function refusedResults(drive: Drive): readonly BranchResult[] {
  const fresh = Object.entries(drive.votes).flatMap(([id, held]): BranchResult[] => {
    if (!branchOf(drive.tx, id)) return [];
    const base = { attempt: drive.tx.attempt, branch: id, output: null };
    if (held.vote === Vote.ReadOnly) return [{ ...base, state: B.ReadOnly, error: null }];
    return held.vote === Vote.No ? [{ ...base, state: B.Pending, error: held.fault }] : [];
  });
  const settledAlready = new Set(
    mergedResults(drive).map((result) => resultKey(result.attempt, result.branch)),
  );
  return fresh.filter((result) => !settledAlready.has(resultKey(result.attempt, result.branch)));
}
