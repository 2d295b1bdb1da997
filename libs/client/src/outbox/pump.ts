import { backoffMs, type BackoffOptions } from '#protocol';
import type { Clock, Log, Random } from '#observability';

const FAILURE_BACKOFF: BackoffOptions = { baseMs: 50, capMs: 5_000, jitter: 0.2 };

export interface PumpDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Repeats one turn of work: at once when the turn says so or somebody woke it, else after a pause.
 *
 * Invariants: one turn at a time; a wake during a turn leads to another turn; a turn that rejects is repeated after a capped
 * backoff; between turns it only sleeps (no hot loop unless every turn asks for the next at once).
 */
export class Pump {
  private running: Promise<void> | null = null;
  private isStopping = false;
  private woken = false;
  private cutSleep: (() => void) | null = null;

  constructor(
    private readonly name: string,
    /** Does some work; returns milliseconds until the next look, 0 = there may be more now. */
    private readonly turn: () => Promise<number>,
    private readonly deps: PumpDeps,
  ) {}

  start(): void {
    if (this.isStopping) return;
    this.running ??= this.run();
  }

  /** There may be something to do. Cheap: may be called for every item. */
  wake(): void {
    this.woken = true;
    this.cutSleep?.();
  }

  /** Begins no further turn; resolves when the one under way has ended. Idempotent. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.cutSleep?.();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.isStopping) {
      this.woken = false;
      try {
        const pauseMs = await this.turn();
        failures = 0;
        await this.sleep(pauseMs, true);
      } catch (error) {
        const pauseMs = backoffMs(failures, this.deps.random.next(), FAILURE_BACKOFF);
        failures += 1;
        this.deps.log.warn(
          { err: error, pump: this.name, retryMs: pauseMs },
          'a turn failed; it is repeated',
        );
        await this.sleep(pauseMs, false);
      }
    }
  }

  /** After a failure a wake does not shorten the sleep: it would turn an outage into a hot loop. */
  private sleep(pauseMs: number, mayBeCut: boolean): Promise<void> {
    if (this.isStopping || pauseMs <= 0 || (mayBeCut && this.woken)) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.deps.clock.after(pauseMs, () => done());
      const done = (): void => {
        cancel();
        this.cutSleep = null;
        resolve();
      };
      this.cutSleep = () => {
        if (mayBeCut || this.isStopping) done();
      };
    });
  }
}
