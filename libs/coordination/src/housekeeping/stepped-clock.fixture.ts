import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '#observability';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that goes on to the next timer when it is told to. */
export class SteppedClock implements Clock {
  private ms = 0;
  private timers: Timer[] = [];

  nowMs(): number {
    return this.ms;
  }

  wallMs(): number {
    return this.ms;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.ms + delayMs, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.timers.length;
  }

  /** Runs the next timer, and lets what it began go as far as it can. Resolves with how far away it was. */
  async step(): Promise<number> {
    const next = [...this.timers].sort((a, b) => a.atMs - b.atMs)[0];
    if (!next) throw new Error('no timer waits');
    const delayMs = next.atMs - this.ms;
    this.timers = this.timers.filter((timer) => timer !== next);
    this.ms = next.atMs;
    next.run();
    await settled();
    return delayMs;
  }

  /** Time passes without a timer: work that took long. */
  pass(ms: number): void {
    this.ms += ms;
  }
}

/** Lets everything that waits for no timer run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}
