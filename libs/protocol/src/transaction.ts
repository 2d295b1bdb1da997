import type {
  BranchState,
  Decision,
  Fallback,
  Heuristic,
  Mode,
  NoCode,
  StepKind,
  TransactionState,
  Vote,
} from './vocabulary.js';

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One branch of the plan, as checked at BEGIN; `after` names the steps that must be DONE before it (saga only). */
export interface PlannedBranch {
  readonly id: string;
  readonly participant: string;
  readonly operation: string;
  readonly payload: Json;
  readonly kind: StepKind;
  readonly after: readonly string[];
}

/** One attempt and its write-once decision cell. `reason` says why ABORT, or names the code of the first NO. */
export interface Attempt {
  readonly attempt: number;
  readonly mode: Mode;
  readonly decision: Decision | null;
  readonly reason: string | null;
  /** Database time (ISO 8601) and instance of the decision write; set by the ledger. */
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
}

/** What is durably known of one branch in one attempt. No entry = PENDING. */
export interface BranchResult {
  readonly attempt: number;
  readonly branch: string;
  readonly state: BranchState;
  readonly output: Json;
  readonly error: BranchFault | null;
}

export interface BranchFault {
  /** A NO code, or the business code of a refusal (`OUT_OF_STOCK`). */
  readonly code: string;
  readonly message: string;
}

/** A demand to undo the saga, durable before anything is compensated: why, and whose wish it was. */
export interface CompensationDemand {
  readonly reason: string;
  readonly by: 'step' | 'deadline' | 'operator';
}

/** The durable image of a transaction: what the ledger stores and every driver can re-read. */
export interface Transaction {
  readonly gtx: string;
  /** The requested mode; each attempt has its own. */
  readonly mode: Mode;
  readonly fallback: Fallback;
  readonly state: TransactionState;
  /** The current attempt, from 1. */
  readonly attempt: number;
  readonly attempts: readonly Attempt[];
  readonly branches: readonly PlannedBranch[];
  readonly results: readonly BranchResult[];
  readonly heuristic: Heuristic;
  /** Set while the saga must be undone, null otherwise. */
  readonly demand: CompensationDemand | null;
  /** Row version: the precondition of every write (§4). */
  readonly version: number;
  readonly ledgerEpoch: number;
  /** Prepare budget in milliseconds, from the request. */
  readonly timeoutMs: number;
}

/** A vote held in memory by whoever drives: lost with the process, re-asked by PREPARE. */
export interface HeldVote {
  readonly vote: Vote;
  readonly code: NoCode | null;
  readonly fault: BranchFault | null;
}

/** What a driver holds of one transaction: the durable image, and what may be lost with the process. */
export interface Drive {
  readonly tx: Transaction;
  /** Votes of the current attempt by branch id: a set, never a count. */
  readonly votes: Readonly<Record<string, HeldVote>>;
  /** Acknowledgements that wait to be written together with the end state; key `attempt:branch`. */
  readonly unwritten: Readonly<Record<string, BranchResult>>;
  /** How often a saga step answered RETRY since the last progress; key `phase:branch`. */
  readonly retries: Readonly<Record<string, number>>;
}
