import type { BranchFault, Json } from './transaction.js';
import type { Decision, NoCode, Phase, Vote } from './vocabulary.js';

/** Everything that can happen to a transaction. Timers and operators come through the same door as messages. */
export type ProtocolEvent =
  | VoteEvent
  | AckEvent
  | ResultEvent
  | HeuristicEvent
  /** The prepare budget or the saga limit of this attempt is spent; a late alarm must not end the attempt after it. */
  | { readonly type: 'deadline'; readonly attempt: number }
  /** Write what was acknowledged so far, so that a later driver need not ask again. */
  | { readonly type: 'flush' }
  | OperatorEvent;

interface FromBranch {
  readonly attempt: number;
  readonly branch: string;
  /** The sender, from the envelope: a branch speaks only through its own participant. */
  readonly participant: string;
}

export interface VoteEvent extends FromBranch {
  readonly type: 'vote';
  readonly vote: Vote;
  readonly code: NoCode | null;
  readonly fault: BranchFault | null;
  readonly output: Json;
}

export interface AckEvent extends FromBranch {
  readonly type: 'ack';
  readonly state: 'COMMITTED' | 'ABORTED' | 'READ_ONLY' | 'LOST';
  readonly output: Json;
}

export interface ResultEvent extends FromBranch {
  readonly type: 'result';
  readonly phase: Phase;
  readonly result: 'DONE' | 'FAILED' | 'RETRY';
  readonly state: 'DONE' | 'FAILED' | 'COMPENSATED' | 'NULL_COMPENSATED' | null;
  readonly fault: BranchFault | null;
  readonly output: Json;
}

export interface HeuristicEvent extends FromBranch {
  readonly type: 'heuristic';
  readonly taken: Decision;
  readonly by: string;
  readonly reason: string;
}

export type OperatorEvent =
  | { readonly type: 'force-abort'; readonly by: string; readonly reason: string }
  | { readonly type: 'force-commit'; readonly by: string; readonly reason: string }
  | {
      readonly type: 'resolve';
      readonly by: string;
      readonly reason: string;
      readonly attempt: number;
      readonly branch: string;
      /** What the evidence says the branch came to. */
      readonly state: 'COMMITTED' | 'ABORTED';
    };
