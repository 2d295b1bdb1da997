import type { Clock, Log } from '#observability';
import { messageOf } from '../desk/fault.js';

/** Runs something again and again, each time `everyMs` after the last run ended. A run that fails is logged, not the end. */
export class Ticker {
  private cancel: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private stopped = true;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly name: string,
    private readonly everyMs: number,
    private readonly run: () => Promise<void> | void,
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
    this.cancel = this.clock.after(this.everyMs, () => {
      this.running = this.once().finally(() => {
        this.running = null;
        this.schedule();
      });
    });
  }

  private async once(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      this.log.warn(
        { task: this.name, error: messageOf(error) },
        'a periodic task failed and runs again later',
      );
    }
  }
}
