import { outcomeOf } from '#protocol';
import { stageReached, type Accepted, type Stage } from '#coordination';
import type { StoredTransaction } from '#persistence';

/** What a caller of BEGIN waits for; `accepted` = the request is durable. */
export type Wait = 'accepted' | Stage;

/** The stage still to be awaited, or null when what is durable already answers the call. */
export function stageToAwait({ stored }: Accepted, wait: Wait): Stage | null {
  if (wait === 'accepted') return null;
  return stageReached(stored, wait) ? null : wait;
}

/**
 * 200 = the answer is final for what was asked, 202 = the transaction goes on (api.md §2). An accepted request is 202 the first
 * time whatever became of it meanwhile, and 200 when it is repeated (or meets a tombstone) and the outcome is set.
 */
export function beginStatus(
  wait: Wait,
  answered: { readonly created: boolean; readonly stored: StoredTransaction },
): 200 | 202 {
  const { created, stored } = answered;
  if (wait === 'accepted') return !created && outcomeOf(stored.tx) !== null ? 200 : 202;
  return stageReached(stored, wait) ? 200 : 202;
}
