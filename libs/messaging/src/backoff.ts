/** Capped exponential backoff: `baseMs` × 2ⁿ up to `capMs`, give or take `jitter` (a share, 0.2 = ±20 %). */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
  readonly jitter: number;
}

/** A rejected handler: soon at first, since most rejections are a database that comes back. */
export const REDELIVERY_BACKOFF: Backoff = { baseMs: 50, capMs: 5_000, jitter: 0.2 };

/** How long to wait before the next try after `failures` failures in a row (from 1). `random` in [0, 1). */
export function backoffMs(backoff: Backoff, failures: number, random: () => number = Math.random): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 30);
  const plain = Math.min(backoff.baseMs * 2 ** doublings, backoff.capMs);
  return plain * (1 + backoff.jitter * (2 * random() - 1));
}
