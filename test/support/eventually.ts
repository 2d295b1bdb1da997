import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 20;

/** Waits for a condition; fails loudly when it does not come. */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  withinMs = 20_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`not true within ${withinMs} ms: ${condition.toString()}`);
    await pause(LOOK_MS);
  }
}
