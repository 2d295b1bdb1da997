import type { Clock } from '#observability';
import { EPOCH_MS } from './scheduler.js';
import type { Scheduler } from './scheduler.js';

/** What a dead process waits for. One of its own each time: a shared one would remember all who ever waited, and their worlds. */
export const never = (): Promise<never> => new Promise(() => undefined);

/**
 * One life of a simulated process. Everything that comes to it from outside (timers, answers, records) passes `enter`:
 * a paused process (SIGSTOP) takes it when it is resumed, a dead one never.
 */
export class SimProcess {
  private condition: 'up' | 'paused' | 'dead' = 'up';
  private held: (() => void)[] = [];
  private readonly endings: (() => void)[] = [];
  private pausedAtMs = 0;

  constructor(
    readonly name: string,
    private readonly scheduler: Scheduler,
    /** Its wall clock is this far off. */
    private readonly skewMs = 0,
  ) {}

  get isDead(): boolean {
    return this.condition === 'dead';
  }

  get isUp(): boolean {
    return this.condition === 'up';
  }

  readonly clock: Clock = {
    nowMs: () => this.scheduler.nowMs,
    wallMs: () => EPOCH_MS + Math.floor(this.scheduler.nowMs) + this.skewMs,
    after: (delayMs, run) => {
      let wanted = true;
      this.scheduler.after(delayMs, () => this.enter(() => wanted && run()));
      return () => {
        wanted = false;
      };
    },
  };

  enter(work: () => void): void {
    if (this.condition === 'up') work();
    else if (this.condition === 'paused') this.held.push(work);
  }

  /** Resolves after `delayMs`, in this process. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.after(delayMs, () => this.enter(resolve)));
  }

  pause(): void {
    if (this.condition !== 'up') return;
    this.condition = 'paused';
    this.pausedAtMs = this.scheduler.nowMs;
  }

  /** Returns how long it was paused, in milliseconds. */
  resume(): number {
    if (this.condition !== 'paused') return 0;
    this.condition = 'up';
    for (const work of this.held.splice(0)) this.enter(work);
    return this.scheduler.nowMs - this.pausedAtMs;
  }

  kill(): void {
    if (this.condition === 'dead') return;
    this.condition = 'dead';
    this.held = [];
    for (const ending of this.endings.splice(0)) ending();
  }

  whenDead(ending: () => void): void {
    this.endings.push(ending);
  }
}
