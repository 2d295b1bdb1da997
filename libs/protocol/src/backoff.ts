export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
  /** 0.2 = ±20 %. */
  readonly jitter: number;
}

/** Re-send pace (§10): 0.5 s × 2, capped, jittered. */
export const RESEND_BACKOFF: BackoffOptions = { baseMs: 500, capMs: 10_000, jitter: 0.2 };

/** Milliseconds before try number `tries` (0 = the first repetition). `random` is uniform in [0, 1). Never above cap × (1 + jitter). */
export function backoffMs(tries: number, random: number, options: BackoffOptions = RESEND_BACKOFF): number {
  const plain = Math.min(options.capMs, options.baseMs * 2 ** Math.min(tries, 30));
  return Math.round(plain * (1 + options.jitter * (2 * random - 1)));
}
