import type { HeldVote, PlannedBranch, Transaction } from '#protocol';
import { BranchState, Fallback, Mode, Vote, outcomeOf } from '#protocol';
import type { Entry } from '#coordination';
import type { StoredTransaction } from '#persistence';
import type { BranchView, TransactionView } from './transaction-schema.js';

/** Votes by branch id, as the driver holds them. */
export type Votes = Readonly<Record<string, HeldVote>>;

const NO_VOTES: Votes = {};

/**
 * What this process may add to a row it read: the votes it holds, and only while they were given on the very image that was
 * read. Anything else in memory is not shown: it may never become durable.
 */
export function votesOn(stored: StoredTransaction, held: Entry | undefined): Votes {
  return held?.drive.tx.version === stored.tx.version ? held.drive.votes : NO_VOTES;
}

/** A transaction as the API shows it: the durable image, with votes held here shown as PREPARED. */
export function transactionView(stored: StoredTransaction, votes: Votes = NO_VOTES): TransactionView {
  const { tx } = stored;
  return {
    id: tx.gtx,
    mode: tx.mode,
    fallback: tx.fallback,
    state: tx.state,
    outcome: outcomeOf(tx),
    attempt: tx.attempt,
    attempts: tx.attempts.map(({ attempt, mode, decision, reason, decidedAt, decidedBy }) => ({
      attempt,
      mode,
      decision,
      reason,
      decidedAt,
      decidedBy,
    })),
    branches: tx.branches.map((branch) => branchView(tx, branch, votes)),
    heuristic: tx.heuristic,
    businessKey: stored.businessKey,
    description: stored.description,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    deadline: stored.deadline,
    endedAt: stored.endedAt,
    driver: stored.driver,
  };
}

/** A branch in the current attempt; what it was in an earlier one is in the timeline. */
function branchView(tx: Transaction, branch: PlannedBranch, votes: Votes): BranchView {
  const result = tx.results.find((one) => one.attempt === tx.attempt && one.branch === branch.id);
  const known = result?.state ?? BranchState.Pending;
  return {
    id: branch.id,
    participant: branch.participant,
    operation: branch.operation,
    kind: branch.kind,
    after: mayBeSaga(tx) ? branch.after : [],
    state: known === BranchState.Pending ? votedState(votes[branch.id]) : known,
    output: result?.output ?? null,
    error: result?.error ?? null,
  };
}

/** Branches of a plain 2PC run in parallel: the order of their steps means nothing. */
function mayBeSaga({ mode, fallback }: Transaction): boolean {
  return mode === Mode.Saga || fallback === Fallback.Saga;
}

function votedState(held: HeldVote | undefined): BranchState {
  if (held?.vote === Vote.Yes) return BranchState.Prepared;
  return held?.vote === Vote.ReadOnly ? BranchState.ReadOnly : BranchState.Pending;
}
