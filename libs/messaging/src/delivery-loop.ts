/**
 * The engine of a subscription: hands batches to the handler, one call at a time (M5), and the same batch again
 * after a rejection (M4). Both adapters drive it; it knows neither partitions nor offsets.
 *
 * Owns: the call under way, the backoff after a rejection, pause and drain.
 * Does not own: where records come from and what "done" means (`BatchSource`).
 * Natural batching, no linger: a batch is what the source gathered while the last call ran.
 */
import { backoffMs, REDELIVERY_BACKOFF, type Backoff } from './backoff.js';
import type { IncomingRecord } from './port.js';

/** Where a loop takes its records from. */
export interface BatchSource {
  /** Hands over at most `maxRecords` waiting records, in order per partition; empty = nothing to do now. */
  take(maxRecords: number): readonly IncomingRecord[];
  /** The handler resolved: the batch taken last is recorded. */
  done(batch: readonly IncomingRecord[]): void;
  /** The batch taken last will not be tried again here (drain); it stays unread for the group. */
  abandoned(batch: readonly IncomingRecord[]): void;
}

export interface DeliveryLoopOptions {
  readonly source: BatchSource;
  readonly handler: (batch: readonly IncomingRecord[]) => Promise<void>;
  readonly maxBatchRecords: number;
  /** Told of each rejection, before the wait; `retryMs` = how long that wait is. */
  readonly onRejected: (error: unknown, batch: readonly IncomingRecord[], retryMs: number) => void;
  readonly backoff?: Backoff;
}

export class DeliveryLoop {
  readonly #options: DeliveryLoopOptions;
  #scheduled = false;
  #running = false;
  #draining = false;
  #paused = false;
  /** Settles when the pass under way, or the last one, has ended. */
  #pass: Promise<void> = Promise.resolve();
  /** Ends the wait before a redelivery early. */
  #cutWait: (() => void) | undefined;

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
  }

  /** Tells the loop that the source may have records. Cheap: may be called for every record. */
  wake(): void {
    if (this.#scheduled || this.#running || this.#held) return;
    this.#scheduled = true;
    // After this turn's IO callbacks: what several partitions brought in it becomes one batch.
    setImmediate(() => this.#start());
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#cutWait?.();
    this.wake();
  }

  /** Begins no further call and gives up waiting redeliveries; resolves when the call under way has ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#cutWait?.();
    await this.#pass;
  }

  /** Ends a drain: the loop works again. */
  reopen(): void {
    this.#draining = false;
    this.wake();
  }

  get #held(): boolean {
    return this.#draining || this.#paused;
  }

  #start(): void {
    this.#scheduled = false;
    if (this.#running) return;
    this.#running = true;
    this.#pass = this.#run();
  }

  async #run(): Promise<void> {
    const { source, maxBatchRecords } = this.#options;
    try {
      while (!this.#held) {
        const batch = source.take(maxBatchRecords);
        if (batch.length === 0) return;
        await this.#deliver(batch);
      }
    } finally {
      // In the same turn as the empty `take`: a `wake` right after it must not find a loop that is gone.
      this.#running = false;
    }
  }

  async #deliver(batch: readonly IncomingRecord[]): Promise<void> {
    for (let failures = 1; !(await this.#attempt(batch, failures)); failures += 1) {
      if (this.#draining) {
        this.#options.source.abandoned(batch);
        return;
      }
    }
    this.#options.source.done(batch);
  }

  /** One handler call; after a rejection it also waits, and says false. */
  async #attempt(batch: readonly IncomingRecord[], failures: number): Promise<boolean> {
    const { handler, onRejected, backoff = REDELIVERY_BACKOFF } = this.#options;
    try {
      await handler(batch);
      return true;
    } catch (error) {
      const retryMs = backoffMs(backoff, failures);
      onRejected(error, batch, retryMs);
      await this.#sleep(retryMs);
      while (this.#paused && !this.#draining) await this.#sleep(undefined);
      return false;
    }
  }

  /** Waits `ms` or, when undefined, for ever; a drain or a resume cuts it short. */
  async #sleep(ms: number | undefined): Promise<void> {
    if (this.#draining) return;
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#cutWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#cutWait = undefined;
  }
}
