import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Random } from '#observability';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that stands still until it is moved: specs of retries and loops. */
export class ManualClock implements Clock {
  private ms = 0;
  private timers: readonly Timer[] = [];
  /** Every delay asked for, in order. */
  readonly delays: number[] = [];

  nowMs(): number {
    return this.ms;
  }

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.ms;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.ms + delayMs, run };
    this.delays.push(delayMs);
    this.timers = [...this.timers, timer];
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets `ms` pass: due timers fire in order, and what they start runs until it waits again. */
  async advance(ms: number): Promise<void> {
    const until = this.ms + ms;
    await settle();
    for (let next = this.next(until); next !== undefined; next = this.next(until)) {
      const due = next;
      this.ms = Math.max(this.ms, due.dueMs);
      this.timers = this.timers.filter((timer) => timer !== due);
      due.run();
      await settle();
    }
    this.ms = until;
  }

  private next(until: number): Timer | undefined {
    const due = this.timers.filter(({ dueMs }) => dueMs <= until);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}

/** Lets everything that waits for no timer run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await turn();
}

/** No jitter, and ids that count. */
export function countingRandom(): Random {
  let count = 0;
  return {
    next: () => 0.5,
    uuidv7: () => {
      count += 1;
      return `019a0000-0000-7000-8000-${String(count).padStart(12, '0')}`;
    },
  };
}
