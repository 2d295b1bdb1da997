import { TransactionState as S } from './vocabulary.js';

/**
 * Every legal move of a transaction (protocol.md §4), in one place. `legal` guards each durable change; the state diagram in the
 * docs is generated from this table. A state may always stay as it is while results are added.
 */
export const TRANSITIONS: Readonly<Record<S, readonly S[]>> = {
  [S.Begun]: [S.Preparing, S.SagaRunning],
  // COMMITTED at once when every branch voted READ_ONLY; SAGA_RUNNING is D2f: ABORT(1) and attempt 2 in one write.
  [S.Preparing]: [S.Committing, S.Committed, S.Aborting, S.Aborted, S.SagaRunning, S.Quarantined],
  [S.Committing]: [S.Committed, S.Quarantined],
  [S.Committed]: [S.Quarantined],
  [S.Aborting]: [S.Aborted, S.Quarantined],
  [S.Aborted]: [S.Quarantined],
  [S.SagaRunning]: [
    S.SagaStuckForward,
    S.SagaCompleted,
    S.SagaCompensating,
    S.SagaCompensated,
    S.Quarantined,
  ],
  [S.SagaStuckForward]: [S.SagaRunning, S.SagaCompleted, S.Quarantined],
  [S.SagaCompleted]: [S.Quarantined],
  [S.SagaCompensating]: [S.CompensationStuck, S.SagaCompensated, S.Quarantined],
  [S.CompensationStuck]: [S.SagaCompensating, S.SagaCompensated, S.Quarantined],
  [S.SagaCompensated]: [S.Quarantined],
  // An operator's resolution leads back to where the decision and the results say the transaction is.
  [S.Quarantined]: [
    S.Committing,
    S.Committed,
    S.Aborting,
    S.Aborted,
    S.SagaRunning,
    S.SagaCompleted,
    S.SagaCompensating,
    S.SagaCompensated,
  ],
};

/** Nothing is left to do in these states. */
export const TERMINAL: readonly S[] = [S.Committed, S.Aborted, S.SagaCompleted, S.SagaCompensated];

export function legal(from: S, to: S): boolean {
  return from === to || TRANSITIONS[from].includes(to);
}
