/**
 * A subscription that outlives its consumers: kafkajs ends for good after some errors and stalls after others, so a
 * lost consumer is replaced, with capped backoff, for ever, until `stop`.
 */
import type { Log } from '#observability';
import { PartitionAssigners, type Cluster, type Consumer } from 'kafkajs';
import { backoffMs, type Backoff } from '../backoff.js';
import { DeliveryLoop } from '../delivery-loop.js';
import { batchLimit, bufferLimit } from '../limits.js';
import type { SubscribeOptions, Subscription } from '../port.js';
import { kafkaClient } from './client.js';
import { ConsumerSession } from './consumer-session.js';
import { Gather } from './gather.js';
import type { KafkaAdmin } from './kafka-admin.js';
import { OffsetLedger } from './offset-ledger.js';
import { SIZE, TIMING, type KafkaBusOptions } from './options.js';

const REBUILD: Backoff = { baseMs: 200, capMs: 3_000, jitter: 0.2 };

/** A stall that a new consumer does not cure is looked at ever more rarely, up to this. */
const MAX_STALL_MS = 600_000;

/**
 * About half a minute. A consumer that survives a short outage comes back as the member it was; a new one waits until
 * the session of the old one has run out.
 */
const CONSUMER_CONNECT_RETRIES = 30;

const QUIET_FAILURES = 3;

export class KafkaSubscription implements Subscription {
  readonly #log: Log;
  readonly #loop: DeliveryLoop;
  readonly #gather: Gather;
  readonly #ledger = new OffsetLedger();
  #session: ConsumerSession | undefined;
  /** Member id of the last consumer that died in the group. */
  #ghost: string | undefined;
  #stallMs: number = TIMING.stallMs;
  #trouble = 'joining';
  #stopping = false;
  #signalStop!: () => void;
  readonly #stopSignal = new Promise<void>((resolve) => {
    this.#signalStop = resolve;
  });
  #stopped: Promise<void> | undefined;
  readonly #lives: Promise<void>;

  constructor(
    private readonly bus: KafkaBusOptions,
    private readonly admin: KafkaAdmin,
    private readonly options: SubscribeOptions,
    private readonly onGone: (subscription: KafkaSubscription) => void,
  ) {
    this.#log = bus.log.child({ group: options.group });
    this.#gather = new Gather(bufferLimit(options), (batch) => this.#ledger.record(batch));
    this.#loop = new DeliveryLoop({
      source: this.#gather,
      handler: options.handler,
      maxBatchRecords: batchLimit(options),
      onRejected: (error, batch, retryMs) =>
        this.#log.warn({ err: error, records: batch.length, retryMs }, 'handler rejected; delivering again'),
    });
    this.#lives = this.#live();
  }

  /** What keeps it from reading; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#session?.joined ? undefined : `group ${this.options.group}: ${this.#trouble}`;
  }

  assigned(topic: string): readonly number[] {
    return this.#session?.assigned(topic) ?? [];
  }

  pause(): void {
    this.#loop.pause();
  }

  resume(): void {
    this.#loop.resume();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop(async () => {
      await this.#loop.finish();
      await this.#session?.commit();
    });
    return this.#stopped;
  }

  /** Test hook: dies without committing; the handler call under way goes unheard. */
  crash(): Promise<void> {
    this.#stopped ??= this.#stop(async () => {
      void this.#loop.finish();
      this.#gather.abandoned();
    });
    return this.#stopped;
  }

  async #stop(farewell: () => Promise<void>): Promise<void> {
    this.#stopping = true;
    this.#signalStop();
    await farewell();
    await this.#session?.dispose();
    await this.#lives;
    this.onGone(this);
  }

  /** One consumer after the other. */
  async #live(): Promise<void> {
    for (let failures = 1; !this.#stopping; failures += 1) {
      const session = this.#newSession();
      this.#session = session;
      const reason = await Promise.race([this.#endOf(session), this.#stopSignal]);
      if (this.#stopping) return;
      if (session.joined) failures = 1;
      const retryMs = backoffMs(REBUILD, failures);
      this.#trouble = reason instanceof Error ? reason.message : String(reason);
      this.#report(session, reason, failures, retryMs);
      await this.#bury(session);
      await this.#pauseBefore(retryMs);
    }
  }

  /** Brokers that start answer "not yet" for a moment: that is no news. */
  #report(session: ConsumerSession, reason: unknown, failures: number, retryMs: number): void {
    const fields = { err: reason, failures, retryMs };
    if (session.joined) this.#log.warn(fields, 'consumer lost; building a new one');
    else if (failures <= QUIET_FAILURES) this.#log.info(fields, 'not in the group yet; trying again');
    else this.#log.warn(fields, 'cannot join the group; trying again');
  }

  /** M5: the next consumer begins only when the handler call of this one has ended. */
  async #bury(session: ConsumerSession): Promise<void> {
    if (session.wasActive) this.#stallMs = TIMING.stallMs;
    else if (session.memberId !== undefined) this.#stallMs = Math.min(2 * this.#stallMs, MAX_STALL_MS);
    await this.#loop.drain();
    await session.dispose();
    this.#ledger.clear();
    this.#ghost = session.memberId ?? this.#ghost;
  }

  async #endOf(session: ConsumerSession): Promise<unknown> {
    try {
      await session.start();
      return await session.ended;
    } catch (error) {
      return error;
    }
  }

  async #pauseBefore(retryMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, retryMs);
    });
    await Promise.race([over, this.#stopSignal]);
    clearTimeout(timer);
  }

  #newSession(): ConsumerSession {
    return new ConsumerSession({
      ...this.#newConsumer(),
      ghost: this.#ghost,
      uniqueClientId: this.bus.clientIdIsUnique ? this.bus.clientId : undefined,
      admin: this.admin,
      options: this.options,
      loop: this.#loop,
      gather: this.#gather,
      ledger: this.#ledger,
      log: this.#log,
      stallMs: this.#stallMs,
    });
  }

  #newConsumer(): { consumer: Consumer; cluster: Cluster } {
    const clusters: Cluster[] = [];
    const consumer = kafkaClient({ ...this.bus, log: this.#log }, CONSUMER_CONNECT_RETRIES).consumer({
      groupId: this.options.group,
      sessionTimeout: TIMING.sessionTimeoutMs,
      rebalanceTimeout: TIMING.rebalanceTimeoutMs,
      heartbeatInterval: TIMING.heartbeatMs,
      minBytes: 1,
      maxBytes: SIZE.fetchBytes,
      maxBytesPerPartition: SIZE.fetchBytesPerPartition,
      maxWaitTimeInMs: TIMING.fetchWaitMs,
      metadataMaxAge: TIMING.metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      // kafkajs restarts after some crashes and not after others: here every crash ends the session, and one place restarts.
      retry: { retries: 5, restartOnFailure: () => Promise.resolve(false) },
      partitionAssigners: [
        (config) => {
          clusters.push(config.cluster);
          return PartitionAssigners.roundRobin(config);
        },
      ],
    });
    return { consumer, cluster: clusters[0] as Cluster };
  }
}
