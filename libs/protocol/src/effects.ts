import type { Drive, Json, Transaction } from './transaction.js';
import type { Decision, Mode, StepKind } from './vocabulary.js';

/** A command to one participant's branch: what, not yet how (the relay adds reply partition and ledger epoch). */
export type Command =
  | (Addressed & { readonly type: 'PREPARE'; readonly operation: string; readonly payload: Json })
  | (Addressed & { readonly type: 'COMMIT' | 'ABORT' | 'FORGET' })
  | (Addressed & {
      readonly type: 'ACTION';
      readonly operation: string;
      readonly payload: Json;
      readonly kind: StepKind;
    })
  | (Addressed & { readonly type: 'COMPENSATE'; readonly operation: string; readonly settle: boolean });

interface Addressed {
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
  readonly participant: string;
}

/** A line of the timeline; the ledger adds time, sequence and instance. */
export interface Fact {
  readonly kind:
    | 'BEGUN'
    | 'DECIDED'
    | 'FALLBACK'
    | 'BRANCH'
    | 'COMPENSATION_DEMANDED'
    | 'STATE'
    | 'QUARANTINED'
    | 'RESOLVED'
    | 'ENDED';
  readonly attempt: number;
  readonly branch: string | null;
  readonly detail: Json;
}

/** A durable change: it must be committed before `Transition.sends` leave ("persist, then send"). */
export interface Change {
  /** The version the ledger must still hold. */
  readonly expectedVersion: number;
  readonly next: Transaction;
  readonly decide: {
    readonly attempt: number;
    readonly decision: Decision;
    readonly reason: string | null;
  } | null;
  readonly startAttempt: { readonly attempt: number; readonly mode: Mode } | null;
  readonly ended: boolean;
  readonly facts: readonly Fact[];
}

/**
 * What an event leads to.
 *  none: a duplicate or a late one; nothing changes.   volatile: only memory changes; `sends` may leave at once.
 *  durable: `change` must be written first; only then is `drive` true and may `sends` leave.
 *  refused: it may not happen; a message becomes a dead letter, an operator gets 409.
 */
export type Transition =
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'volatile'; readonly drive: Drive; readonly sends: readonly Command[] }
  | {
      readonly kind: 'durable';
      readonly drive: Drive;
      readonly change: Change;
      readonly sends: readonly Command[];
    }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail: string };

export type RefusalCode =
  | 'UNKNOWN_BRANCH'
  | 'WRONG_PARTICIPANT'
  | 'UNKNOWN_ATTEMPT'
  | 'ALREADY_DECIDED'
  | 'PAST_PIVOT'
  | 'NOT_2PC'
  | 'NOTHING_TO_RESOLVE'
  /** Recovery hold (§7): no ABORT is written until the operator has reconciled and released. */
  | 'HELD';
