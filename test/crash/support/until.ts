const POLL_MS = 50;

/** Polls until `condition` holds; false when it did not after `limitMs`. What `condition` throws is thrown. */
export async function within(limitMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const since = performance.now();
  for (;;) {
    if (await condition()) return true;
    if (performance.now() - since > limitMs) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The same, but throws with `what` after `limitMs`. Returns how long it took, ms. */
export async function until(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean>,
): Promise<number> {
  const since = performance.now();
  if (await within(limitMs, condition)) return performance.now() - since;
  throw new Error(`not within ${limitMs} ms: ${what}`);
}
