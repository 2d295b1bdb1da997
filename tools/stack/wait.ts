import { setTimeout as sleep } from 'node:timers/promises';

import { StackError } from './errors.js';

export interface WaitOptions {
  /** What is awaited, for the message: "the broker on port 9092 to answer". */
  what: string;
  timeoutMs: number;
  /** Pause between two looks. Default 50. */
  intervalMs?: number;
}

/**
 * Looks again and again until `probe` returns something other than undefined, and returns that.
 * @throws StackError when `timeoutMs` has passed; whatever `probe` throws ends the wait at once.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  { what, timeoutMs, intervalMs = 50 }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new StackError(`waited ${timeoutMs} ms in vain for ${what}`, '');
    await sleep(intervalMs);
  }
}
