/**
 * The bus over Kafka: the only place that knows kafkajs.
 *
 * Owns: connections, retries, rebuilding what kafkajs gives up.
 * Does not own: what records say; when a handler's work is durable (it says so by resolving).
 * A broker that is down at the start or later is not an error here: `health` is not ok until every subscription has
 * joined its group, `publish` throws UNAVAILABLE after `TIMING.publishGiveUpMs`, and all of it comes back by itself.
 */
import {
  BusError,
  type Bus,
  type BusHealth,
  type OutgoingRecord,
  type SubscribeOptions,
  type Subscription,
  type TopicSpec,
} from '../port.js';
import { KafkaAdmin } from './kafka-admin.js';
import { KafkaSubscription } from './kafka-subscription.js';
import { TIMING, type KafkaBusOptions } from './options.js';
import { Publisher } from './publisher.js';
import { connectProducer, Sender } from './sender.js';

/** Connects when first used; nothing is awaited here and nothing can fail. */
export function createKafkaBus(options: KafkaBusOptions): Bus {
  return new KafkaBus({
    ...options,
    log: options.log.child({ component: 'kafka', clientId: options.clientId }),
  });
}

class KafkaBus implements Bus {
  readonly #admin: KafkaAdmin;
  readonly #sender: Sender;
  readonly #publisher: Publisher;
  readonly #subscriptions = new Set<KafkaSubscription>();
  #closed: Promise<void> | undefined;

  constructor(private readonly options: KafkaBusOptions) {
    this.#admin = new KafkaAdmin(options);
    this.#sender = new Sender(() => connectProducer(options), options.log);
    this.#publisher = new Publisher(this.#sender);
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#assertOpen();
    await this.#admin.ensureTopics(topics);
  }

  async partitions(topic: string): Promise<number> {
    this.#assertOpen();
    return this.#admin.partitionCount(topic);
  }

  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    this.#assertOpen();
    await this.#publisher.publish(records);
  }

  /** Resolves at once; joining the group goes on in the background, also for a topic or a broker that comes later. */
  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.#assertOpen();
    const subscription = new KafkaSubscription(this.options, this.#admin, options, (gone) =>
      this.#subscriptions.delete(gone),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async health(): Promise<BusHealth> {
    if (this.#closed) return { ok: false, detail: 'closed' };
    try {
      const brokerCount = await this.#admin.brokerCount(TIMING.healthMs);
      const troubles = [...this.#subscriptions].flatMap(({ trouble }) => trouble ?? []);
      if (troubles.length > 0) return { ok: false, detail: troubles.join('; ') };
      return { ok: true, detail: `${brokerCount} broker(s)` };
    } catch (error) {
      return { ok: false, detail: (error as Error).message };
    }
  }

  async lag(group: string, topic: string): Promise<number> {
    this.#assertOpen();
    const progress = await this.#admin.progress(group, topic);
    return progress.reduce((sum, { low, high, committed }) => sum + high - (committed ?? low), 0);
  }

  /** Stops the subscriptions, lets what is being published arrive or fail, then disconnects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.#publisher.idle();
    await Promise.all([this.#sender.close(), this.#admin.close()]);
  }

  #assertOpen(): void {
    if (this.#closed) throw new BusError('CLOSED', `The bus of ${this.options.clientId} is closed`, false);
  }
}
