import type { Attempt, BranchResult, Drive, PlannedBranch, Transaction } from './transaction.js';
import { BranchState, Decision, Mode } from './vocabulary.js';
import type { Outcome } from './vocabulary.js';

/** Questions about the image of a transaction; every answer is a function of what is durable (plus unwritten acks for a drive). */

export function attemptOf(tx: Transaction, attempt: number): Attempt | undefined {
  return tx.attempts.find((one) => one.attempt === attempt);
}

/** The current attempt; its absence breaks an invariant of the ledger. */
export function currentAttempt(tx: Transaction): Attempt {
  const attempt = attemptOf(tx, tx.attempt);
  if (!attempt) throw new InvariantError(`transaction ${tx.gtx} has no attempt ${tx.attempt}`);
  return attempt;
}

export function branchOf(tx: Transaction, id: string): PlannedBranch | undefined {
  return tx.branches.find((branch) => branch.id === id);
}

/** Final once not null: null between the attempts of a fallback, and for a saga until it ended (api.md §2). */
export function outcomeOf(tx: Transaction): Outcome | null {
  const { decision } = currentAttempt(tx);
  if (decision === null) return null;
  return decision === Decision.Commit ? 'committed' : 'aborted';
}

/** Why it was aborted: the reason of the current attempt's cell, else of the demand. */
export function reasonOf(tx: Transaction): string | null {
  return currentAttempt(tx).reason ?? tx.demand?.reason ?? null;
}

export function isSaga(tx: Transaction): boolean {
  return currentAttempt(tx).mode === Mode.Saga;
}

/** What is known of a branch in an attempt, written or not; undefined = PENDING. */
export function knownResult(drive: Drive, attempt: number, branch: string): BranchResult | undefined {
  return (
    drive.unwritten[resultKey(attempt, branch)] ??
    drive.tx.results.find((result) => result.attempt === attempt && result.branch === branch)
  );
}

export function knownState(drive: Drive, attempt: number, branch: string): BranchState {
  return knownResult(drive, attempt, branch)?.state ?? BranchState.Pending;
}

export function resultKey(attempt: number, branch: string): string {
  return `${attempt}:${branch}`;
}

/** All results, unwritten ones included, those of the same (attempt, branch) replaced. */
export function mergedResults(drive: Drive, ...more: readonly BranchResult[]): readonly BranchResult[] {
  const merged = new Map<string, BranchResult>();
  for (const result of [...drive.tx.results, ...Object.values(drive.unwritten), ...more]) {
    merged.set(resultKey(result.attempt, result.branch), result);
  }
  return [...merged.values()];
}

/** A fresh drive over a durable image: no votes, nothing unwritten (a takeover starts here). */
export function driveOf(tx: Transaction): Drive {
  return { tx, votes: {}, unwritten: {}, retries: {} };
}

/** Broken invariant: stop the step, never retry. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}
