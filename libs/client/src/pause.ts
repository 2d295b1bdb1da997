import type { Clock } from '#observability';

/** Waits `delayMs` by the clock given. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
