import { newAttempt } from './change.js';
import type { Fact } from './effects.js';
import { sagaGraph } from './plan.js';
import type { PlanBranchInput } from './plan.js';
import type { Json, Transaction } from './transaction.js';
import { Decision, Fallback, Heuristic, Mode, TransactionState } from './vocabulary.js';

/** A checked request as the protocol sees it. */
export interface BeginInput {
  readonly gtx: string;
  readonly mode: Mode;
  readonly fallback: Fallback;
  /** Prepare budget in milliseconds. */
  readonly timeoutMs: number;
  readonly ledgerEpoch: number;
  readonly branches: readonly (PlanBranchInput & { readonly payload: Json })[];
}

/** The first image (D1): attempt 1, PREPARING or SAGA_RUNNING. The plan must be free of `planFaults`. */
export function begin(input: BeginInput): Transaction {
  // TLA+: Begin
  return {
    gtx: input.gtx,
    mode: input.mode,
    fallback: input.fallback,
    state: input.mode === Mode.Saga ? TransactionState.SagaRunning : TransactionState.Preparing,
    attempt: 1,
    attempts: [newAttempt(1, input.mode)],
    branches: sagaGraph(input.branches).map((branch) => ({
      id: branch.id,
      participant: branch.participant,
      operation: branch.operation,
      payload: branch.payload,
      kind: branch.kind,
      after: branch.after,
    })),
    results: [],
    heuristic: Heuristic.None,
    demand: null,
    version: 1,
    ledgerEpoch: input.ledgerEpoch,
    timeoutMs: input.timeoutMs,
  };
}

export function beginFacts(tx: Transaction): readonly Fact[] {
  const detail = {
    mode: tx.mode,
    fallback: tx.fallback,
    state: tx.state,
    branches: tx.branches.map((branch) => branch.id),
  };
  return [{ kind: 'BEGUN', attempt: 1, branch: null, detail }];
}

/** What an inquiry for a wholly unknown gtx leaves behind: attempt 1 = ABORT, no plan (§7 "absence is never an answer"). */
export function tombstone(gtx: string, reason: string, ledgerEpoch: number): Transaction {
  // TLA+: PlantTombstone
  return {
    gtx,
    mode: Mode.TwoPhase,
    fallback: Fallback.None,
    state: TransactionState.Aborted,
    attempt: 1,
    attempts: [{ ...newAttempt(1, Mode.TwoPhase), decision: Decision.Abort, reason }],
    branches: [],
    results: [],
    heuristic: Heuristic.None,
    demand: null,
    version: 1,
    ledgerEpoch,
    timeoutMs: 0,
  };
}
