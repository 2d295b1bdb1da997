import type { Workload } from '../contenders/contender.js';
import { drawTransfer } from '../transfer/draw-transfer.js';
import { accountPicker } from '../transfer/pick-account.js';
import { seeded } from '../transfer/random.js';

/** How transfers are written as requests. */
export interface TransferRequest {
  /** One branch each. */
  readonly participants: readonly string[];
  readonly mode: '2pc' | 'saga';
  readonly fallback: 'none' | 'saga';
  /** Bytes added to each branch's payload. */
  readonly padding: number;
  /** Prepare budget; absent: the product's default. */
  readonly timeoutMs?: number;
}

/** No such account: its participant refuses. */
export const UNKNOWN_ACCOUNT = 0;

/** Draws requests as `POST /v1/transactions` and the outbox take them, for ever. */
export function requestSource({
  participants,
  mode,
  fallback,
  padding,
  timeoutMs,
  ...load
}: TransferRequest & Workload): () => object {
  const random = seeded(load.seed);
  const pick = accountPicker(load.theta, random);
  const note = padding > 0 ? { note: 'x'.repeat(padding) } : {};
  return () => {
    const changes = drawTransfer(participants.length, pick, random);
    const refused = load.refused > 0 && random() < load.refused;
    const branches = changes.map(({ account, amount }, index) => ({
      id: `b${index + 1}`,
      participant: participants[index]!,
      operation: 'transfer',
      payload: { account: refused && index === 0 ? UNKNOWN_ACCOUNT : account, amount, ...note },
    }));
    return { mode, fallback, timeoutMs, branches };
  };
}
