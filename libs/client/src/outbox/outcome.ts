import type { Outcome } from '#protocol';
import type { EndedEntry } from '#persistence';

/** How a transaction from the outbox ended, as its initiator hears it. */
export interface TransactionOutcome {
  readonly gtx: string;
  readonly outcome: Outcome;
  /** Refusal code of the first NO, why else it was aborted, or the code of the rejection; null when committed. */
  readonly reason: string | null;
  /** The request was never accepted: `reason` says why. Then `outcome` is `aborted`. */
  readonly rejected: boolean;
  readonly businessKey: string | null;
}

/**
 * Hears outcomes, many at once. Called at least once for each. Returns the ids it could not handle, or rejects when it could
 * handle none: those come again, in ever smaller groups, after a backoff.
 */
export type OutcomeHandler = (outcomes: readonly TransactionOutcome[]) => Promise<readonly string[] | void>;

export function outcomeIn({ gtx, outcome, reason, state, request }: EndedEntry): TransactionOutcome {
  const businessKey =
    typeof request === 'object' && request !== null && 'businessKey' in request
      ? request['businessKey']
      : null;
  return {
    gtx,
    outcome: outcome ?? 'aborted',
    reason,
    rejected: state === 'rejected',
    businessKey: typeof businessKey === 'string' ? businessKey : null,
  };
}
