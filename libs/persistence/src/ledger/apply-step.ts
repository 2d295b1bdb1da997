import type { Attempt, Transaction } from '#protocol';
import type { StepWrite } from '../port/ledger.js';

/** True when the precondition of a step no longer holds (L2): someone else moved the transaction, or filled its cell. */
export function isStale(tx: Transaction, step: StepWrite): boolean {
  if (tx.version !== step.expectedVersion) return true;
  if (step.startAttempt !== null && step.startAttempt.attempt !== tx.attempt + 1) return true;
  if (step.decide === null) return false;
  return step.decide.attempt !== tx.attempt || tx.attempts[tx.attempt - 1]?.decision !== null;
}

/** The image after the step, written at `at`. */
export function applyStep(tx: Transaction, step: StepWrite, at: string): Transaction {
  return {
    ...tx,
    version: tx.version + 1,
    state: step.state,
    attempt: step.startAttempt?.attempt ?? tx.attempt,
    attempts: attemptsAfter(tx.attempts, step, at),
    results: step.results,
    heuristic: step.heuristic,
    demand: step.demand,
  };
}

function attemptsAfter(attempts: readonly Attempt[], step: StepWrite, at: string): readonly Attempt[] {
  const { decide, startAttempt, driver } = step;
  const decided = attempts.map((attempt) =>
    attempt.attempt === decide?.attempt
      ? { ...attempt, decision: decide.decision, reason: decide.reason, decidedAt: at, decidedBy: driver }
      : attempt,
  );
  if (startAttempt === null) return decided;
  const { attempt, mode } = startAttempt;
  return [...decided, { attempt, mode, decision: null, reason: null, decidedAt: null, decidedBy: null }];
}
