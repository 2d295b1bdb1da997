import { backoffMs } from '#protocol';
import type { BackoffOptions } from '#protocol';
import type { Clock, Log, Random } from '#observability';

/** One thing that must be there before work starts. */
export interface OpeningStep {
  /** What is waited for: `database`, `topics`. */
  readonly name: string;
  /** Rejects while it is not there yet; called again then. */
  readonly run: () => Promise<unknown>;
}

const PACE: BackoffOptions = { baseMs: 200, capMs: 5_000, jitter: 0.2 };

/**
 * Opens a process step by step while database or broker may still be away: each step is repeated with capped backoff until it
 * succeeds, so that no start order among processes is needed and none of them loops through crashes.
 */
export class Opening {
  private failures = 0;
  private at = 0;
  private why: string | null = 'not started';
  private cancel: (() => void) | null = null;
  private running: Promise<void> | null = null;
  private stopped = true;

  constructor(
    private readonly steps: readonly OpeningStep[],
    private readonly deps: { readonly clock: Clock; readonly random: Random; readonly log: Log },
  ) {}

  /** Begins, and goes on in the background. Never throws. */
  start(): void {
    if (!this.stopped || this.open) return;
    this.stopped = false;
    this.why = 'starting';
    this.go();
  }

  /** Every step succeeded. */
  get open(): boolean {
    return this.at === this.steps.length;
  }

  /** What is missing, in words; null once open. */
  get hindrance(): string | null {
    return this.open ? null : this.why;
  }

  /** No further try; waits for the one under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.running;
  }

  private go(): void {
    this.running = this.advance().finally(() => (this.running = null));
  }

  private async advance(): Promise<void> {
    for (let step = this.steps[this.at]; step && !this.stopped; step = this.steps[this.at]) {
      try {
        await step.run();
        this.at += 1;
        this.failures = 0;
      } catch (error) {
        return this.again(step, error);
      }
    }
  }

  private again(step: OpeningStep, error: unknown): void {
    this.why = `${step.name}: ${error instanceof Error ? error.message : String(error)}`;
    this.deps.log.warn({ err: error, waitsFor: step.name, tries: this.failures + 1 }, 'cannot open yet');
    if (this.stopped) return;
    const delayMs = backoffMs(this.failures, this.deps.random.next(), PACE);
    this.failures += 1;
    this.cancel = this.deps.clock.after(delayMs, () => this.go());
  }
}
