import type { Log } from '#observability';
import { DeliveryLoop, type BatchSource } from '../delivery-loop.js';
import { batchLimit } from '../limits.js';
import type { IncomingRecord, SubscribeOptions, Subscription } from '../port.js';
import type { Timers } from '../timers.js';
import type { ConsumerGroup, GroupMember } from './consumer-group.js';

/**
 * One member of a group. Nothing is buffered here (M7): a batch is read from the logs when the handler is free.
 */
export class EmbeddedSubscription implements Subscription, GroupMember, BatchSource {
  readonly topics: readonly string[];
  readonly #loop: DeliveryLoop;
  #stopped: Promise<void> | undefined;

  constructor(
    readonly group: ConsumerGroup,
    options: SubscribeOptions,
    log: Log | undefined,
    timers: Timers | undefined,
    private readonly onGone: (subscription: EmbeddedSubscription) => void,
  ) {
    this.topics = options.topics;
    this.#loop = new DeliveryLoop({
      source: this,
      handler: options.handler,
      maxBatchRecords: batchLimit(options),
      timers,
      onRejected: (error, batch, retryMs) =>
        log?.warn(
          { err: error, group: group.name, records: batch.length, retryMs },
          'handler rejected; delivering again',
        ),
    });
    group.join(this);
  }

  assigned(topic: string): readonly number[] {
    return this.group.assigned(this, topic);
  }

  pause(): void {
    this.#loop.pause();
  }

  resume(): void {
    this.#loop.resume();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#loop.finish().then(() => this.#leave());
    return this.#stopped;
  }

  /** Test hook: dies as a killed process does. Commits nothing; the call under way goes unheard. */
  crash(): void {
    this.#stopped = Promise.resolve();
    void this.#loop.finish();
    this.#leave();
  }

  wake(): void {
    this.#loop.wake();
  }

  lost(topic: string, partition: number): void {
    this.#loop.forget(topic, partition);
  }

  take(maxRecords: number): readonly IncomingRecord[] {
    return this.group.take(this, maxRecords);
  }

  done(): void {
    this.group.done(this);
  }

  recorded(upTo: readonly IncomingRecord[]): void {
    this.group.recorded(this, upTo);
  }

  abandoned(): void {
    this.group.abandoned(this);
  }

  #leave(): void {
    this.group.leave(this);
    this.onGone(this);
  }
}
