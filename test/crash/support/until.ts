const POLL_MS = 50;

/** Polls until `condition` holds; throws with `what` after `limitMs`. Returns how long it took, ms. */
export async function until(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean>,
): Promise<number> {
  const since = performance.now();
  for (;;) {
    if (await condition()) return performance.now() - since;
    if (performance.now() - since > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
