import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 100;

/** Looks until `look` says true. Throws what was awaited when that takes too long. */
export async function until(what: string, look: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(INTERVAL_MS);
  }
}
