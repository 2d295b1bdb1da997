import type { Command, ProtocolEvent, RefusalCode } from '#protocol';
import type { StoredTransaction } from '#persistence';

/** What an event came to, for whoever brought it. */
export type EventResult =
  /** Applied, or known already: the ledger (or, for votes, the participant) holds it. */
  | { readonly kind: 'ok'; readonly stored: StoredTransaction; readonly changed: boolean }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly detail: string;
      readonly stored: StoredTransaction;
    }
  /** No such transaction, and none was to be planted. */
  | { readonly kind: 'unknown' };

/** One event on its way through advance → decide → commitStep → relay. */
export interface Work {
  readonly gtx: string;
  readonly event: WorkEvent;
  readonly done: (result: EventResult) => void;
  /** The ledger is away or the process stops: nothing is known; the bringer keeps its record. */
  readonly failed: (error: unknown) => void;
  /** Re-reads after a stale or failed write so far: bounded. */
  rereads: number;
}

/**
 * Besides the protocol's events: `resend` (repeat what is outstanding, maybe only to one participant), `look` (load it unless it is
 * driven here) and `reread` (load it in any case).
 */
export type WorkEvent =
  | ProtocolEvent
  | { readonly type: 'resend'; readonly participant: string | null }
  | { readonly type: 'look' }
  | { readonly type: 'reread' }
  /** Repeat the decision to one branch that asks. */
  | { readonly type: 'answer'; readonly command: Command };
