import type { Clock, Log } from '#observability';

export interface Tick {
  /** For the log. */
  readonly name: string;
  /** Milliseconds from the end of one run to the begin of the next; asked anew after each run. */
  readonly delayMs: () => number;
  readonly run: () => Promise<unknown>;
}

/** Runs something again and again, never twice at once. A run that fails is logged; the next one tries again. */
export class Ticker {
  private cancel: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private stopped = true;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly tick: Tick,
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.schedule();
  }

  /** Waits for the run under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.running;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.cancel = this.clock.after(this.tick.delayMs(), () => {
      this.running = this.once().finally(() => {
        this.running = null;
        this.schedule();
      });
    });
  }

  private async once(): Promise<void> {
    try {
      await this.tick.run();
    } catch (error) {
      this.log.warn({ err: error, task: this.tick.name }, 'periodic task failed; the next run repeats it');
    }
  }
}
