import type { Change, Fact, Transition } from './effects.js';
import { InvariantError, currentAttempt, mergedResults } from './image.js';
import type { Attempt, BranchResult, CompensationDemand, Drive, Transaction } from './transaction.js';
import { TERMINAL, legal } from './transitions.js';
import type { Decision, Heuristic, Mode, TransactionState } from './vocabulary.js';

/** What a step wants to be different; everything else stays. */
export interface Wish {
  readonly state: TransactionState;
  readonly results?: readonly BranchResult[];
  readonly decide?: { readonly decision: Decision; readonly reason: string | null };
  readonly startAttempt?: Mode;
  readonly heuristic?: Heuristic;
  readonly demand?: CompensationDemand | null;
  readonly facts?: readonly Fact[];
}

/**
 * Turns a wish into the one durable change it needs: legal move, version + 1, everything unwritten written along.
 * What it newly calls for is sent by `step`, which knows the drive as it was before the event.
 */
export function change(drive: Drive, wish: Wish): Transition {
  const { tx } = drive;
  if (!legal(tx.state, wish.state))
    throw new InvariantError(`illegal move ${tx.state} → ${wish.state} of ${tx.gtx}`);
  const results = mergedResults(drive, ...(wish.results ?? []));
  const decide = wish.decide ? { attempt: tx.attempt, ...wish.decide } : null;
  if (decide && currentAttempt(tx).decision !== null) throw new InvariantError(`${tx.gtx} is decided`);
  const startAttempt = wish.startAttempt ? { attempt: tx.attempt + 1, mode: wish.startAttempt } : null;
  const next: Transaction = {
    ...tx,
    state: wish.state,
    attempt: startAttempt?.attempt ?? tx.attempt,
    attempts: nextAttempts(tx, wish),
    results,
    heuristic: wish.heuristic ?? tx.heuristic,
    demand: wish.demand === undefined ? tx.demand : wish.demand,
    version: tx.version + 1,
  };
  const after: Drive = {
    tx: next,
    votes: startAttempt ? {} : drive.votes,
    unwritten: {},
    retries: drive.retries,
  };
  const ended = TERMINAL.includes(wish.state);
  const written: Change = {
    expectedVersion: tx.version,
    next,
    decide,
    startAttempt,
    ended,
    facts: factsOf(drive, wish, next, ended),
  };
  return { kind: 'durable', drive: after, change: written, sends: [] };
}

function nextAttempts(tx: Transaction, wish: Wish): readonly Attempt[] {
  const decided = tx.attempts.map((attempt) =>
    wish.decide && attempt.attempt === tx.attempt ? { ...attempt, ...wish.decide } : attempt,
  );
  return wish.startAttempt ? [...decided, newAttempt(tx.attempt + 1, wish.startAttempt)] : decided;
}

export function newAttempt(attempt: number, mode: Mode): Attempt {
  return { attempt, mode, decision: null, reason: null, decidedAt: null, decidedBy: null };
}

/** The timeline of a change: what the step says itself, the branch results written with it, the decision, the new state. */
function factsOf(drive: Drive, wish: Wish, next: Transaction, ended: boolean): readonly Fact[] {
  const at = drive.tx.attempt;
  const branches = [...Object.values(drive.unwritten), ...(wish.results ?? [])].map(branchFact);
  const decided: Fact[] = wish.decide
    ? [{ kind: 'DECIDED', attempt: at, branch: null, detail: { ...wish.decide } }]
    : [];
  const fallback: Fact[] = wish.startAttempt
    ? [{ kind: 'FALLBACK', attempt: next.attempt, branch: null, detail: { mode: wish.startAttempt } }]
    : [];
  const moved: Fact[] =
    drive.tx.state === wish.state
      ? []
      : [
          {
            kind: ended ? 'ENDED' : 'STATE',
            attempt: next.attempt,
            branch: null,
            detail: { state: wish.state },
          },
        ];
  return [...branches, ...(wish.facts ?? []), ...decided, ...fallback, ...moved];
}

function branchFact(result: BranchResult): Fact {
  const error = result.error ? { code: result.error.code, message: result.error.message } : null;
  return {
    kind: 'BRANCH',
    attempt: result.attempt,
    branch: result.branch,
    detail: { state: result.state, error },
  };
}
