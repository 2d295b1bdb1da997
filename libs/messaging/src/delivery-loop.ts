/**
 * The engine of a subscription: hands batches to the handler, one call at a time (M5), and the same batch again
 * after a rejection (M4). Both adapters drive it; it knows neither partitions nor offsets.
 *
 * Owns: the call under way, the backoff after a rejection, pause and drain. What a handler leaves open: `OpenRecords`.
 * Does not own: where records come from and what "done" means (`BatchSource`).
 * Natural batching, no linger: a batch is what the source gathered while the last call ran.
 */
import { backoffMs, REDELIVERY_BACKOFF, type Backoff } from './backoff.js';
import type { BatchHandler, IncomingRecord, StillOpen } from './port.js';
import { OpenRecords } from './open-records.js';
import { systemTimers, type Timers } from './timers.js';

/** Where a loop takes its records from. */
export interface BatchSource {
  /** Hands over at most `maxRecords` waiting records, in order per partition; empty = nothing to do now. */
  take(maxRecords: number): readonly IncomingRecord[];
  /** The handler resolved: reading goes on behind the batch taken last. */
  done(): void;
  /** Of each partition, everything up to these records is recorded: their offsets may be committed. */
  recorded(upTo: readonly IncomingRecord[]): void;
  /** The batch taken last will not be tried again here (drain); it stays unread for the group. */
  abandoned(): void;
}

export interface DeliveryLoopOptions {
  readonly source: BatchSource;
  readonly handler: BatchHandler;
  readonly maxBatchRecords: number;
  /** Told of each rejection, before the wait; `retryMs` = how long that wait is. */
  readonly onRejected: (error: unknown, batch: readonly IncomingRecord[], retryMs: number) => void;
  readonly backoff?: Backoff;
  readonly timers?: Timers | undefined;
}

/** How long a stop waits for open records. */
const FINISH_OPEN_MS = 10_000;

export class DeliveryLoop {
  readonly #options: DeliveryLoopOptions;
  readonly #open: OpenRecords;
  readonly #timers: Timers;
  #scheduled = false;
  #running = false;
  #draining = false;
  #paused = false;
  #finished = false;
  /** Settles when the pass under way, or the last one, has ended. */
  #pass: Promise<void> = Promise.resolve();
  /** Ends the wait before a redelivery early. */
  #cutWait: (() => void) | undefined;

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#open = new OpenRecords({
      recorded: (upTo) => options.source.recorded(upTo),
      onFailed: (error, record, retryMs) => options.onRejected(error, [record], retryMs),
      onChange: () => this.wake(),
      backoff: options.backoff ?? REDELIVERY_BACKOFF,
      timers: this.#timers,
    });
  }

  /** Tells the loop that the source may have records. Cheap: may be called for every record. */
  wake(): void {
    if (this.#scheduled || this.#running || this.#held) return;
    this.#scheduled = true;
    // After this turn's IO callbacks: what several partitions brought in it becomes one batch.
    this.#timers.soon(() => this.#start());
  }

  /** Records the handler has left open. */
  get openCount(): number {
    return this.#open.count;
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

  /**
   * Drains for good: no `reopen` helps. Also waits for open records, in bounded time: what is open longer stays unread
   * for the group.
   */
  async finish(): Promise<void> {
    this.#finished = true;
    await this.drain();
    await this.#open.allClosed(FINISH_OPEN_MS);
  }

  /** Ends a drain, for a new assignment: what is open belongs to the last one, and comes again to whoever reads it now. */
  reopen(): void {
    if (this.#finished) return;
    this.#open.forgetAll();
    this.#draining = false;
    this.wake();
  }

  /** This partition is read by somebody else now: what is open there comes again to that one. */
  forget(topic: string, partition: number): void {
    this.#open.forget(topic, partition);
  }

  get #held(): boolean {
    return this.#draining || this.#paused || (this.#open.full && !this.#open.hasFailed);
  }

  #start(): void {
    this.#scheduled = false;
    if (this.#running) return;
    this.#running = true;
    this.#pass = this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#held) {
        const batch = this.#nextBatch();
        if (batch.length === 0) return;
        await this.#deliver(batch);
      }
    } finally {
      // In the same turn as the empty `take`: a `wake` right after it must not find a loop that is gone.
      this.#running = false;
    }
  }

  #nextBatch(): readonly IncomingRecord[] {
    const { source, maxBatchRecords } = this.#options;
    if (!this.#open.hasFailed) return source.take(maxBatchRecords);
    const again = this.#open.takeFailed(maxBatchRecords);
    return this.#open.full ? again : [...again, ...source.take(maxBatchRecords - again.length)];
  }

  async #deliver(batch: readonly IncomingRecord[]): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const open = await this.#attempt(batch, failures);
      if (open) return this.#handled(batch, open);
      if (this.#draining) return this.#options.source.abandoned();
    }
  }

  /** One handler call: what it left open; undefined after a rejection, when the wait is over. */
  async #attempt(
    batch: readonly IncomingRecord[],
    failures: number,
  ): Promise<readonly StillOpen[] | undefined> {
    const { handler, onRejected, backoff = REDELIVERY_BACKOFF } = this.#options;
    try {
      return (await handler(batch)) ?? [];
    } catch (error) {
      const retryMs = backoffMs(backoff, failures, this.#timers.random);
      onRejected(error, batch, retryMs);
      await this.#sleep(retryMs);
      while (this.#paused && !this.#draining) await this.#sleep(undefined);
      return undefined;
    }
  }

  #handled(batch: readonly IncomingRecord[], open: readonly StillOpen[]): void {
    this.#open.handled(batch, open);
    this.#options.source.done();
  }

  /** Waits `ms` or, when undefined, for ever; a drain or a resume cuts it short. */
  async #sleep(ms: number | undefined): Promise<void> {
    if (this.#draining) return;
    await new Promise<void>((resolve) => {
      const cancel = ms === undefined ? undefined : this.#timers.after(ms, resolve);
      this.#cutWait = () => {
        cancel?.();
        resolve();
      };
    });
    this.#cutWait = undefined;
  }
}
