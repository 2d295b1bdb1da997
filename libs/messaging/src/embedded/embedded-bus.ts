import type { Log } from '#observability';
import {
  BusError,
  type Bus,
  type BusHealth,
  type OutgoingRecord,
  type SubscribeOptions,
  type Subscription,
  type TopicSpec,
} from '../port.js';
import type { ConsumerGroup } from './consumer-group.js';
import { EmbeddedSubscription } from './embedded-subscription.js';
import type { EmbeddedTopic } from './embedded-topic.js';
import type { Timers } from '../timers.js';

/** What a handle needs of its broker. Names and errors as in `EmbeddedBroker`. */
export interface BrokerCore {
  ensureTopic(spec: TopicSpec): void;
  topic(name: string): EmbeddedTopic;
  group(name: string, from: 'earliest' | 'latest', topics: readonly string[]): ConsumerGroup;
  lag(group: string, topic: string): number;
}

/** A handle on an embedded broker, as one process would have one on Kafka. */
export class EmbeddedBus implements Bus {
  readonly #subscriptions = new Set<EmbeddedSubscription>();
  #closed = false;

  constructor(
    private readonly broker: BrokerCore,
    private readonly clientId: string,
    private readonly log: Log | undefined,
    private readonly timers: Timers | undefined,
  ) {}

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#assertOpen();
    for (const spec of topics) this.broker.ensureTopic(spec);
  }

  async partitions(topic: string): Promise<number> {
    this.#assertOpen();
    return this.broker.topic(topic).logs.length;
  }

  /** All or nothing: every record is checked before the first is appended. */
  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    this.#assertOpen();
    const targets = records.map((record) => {
      const topic = this.broker.topic(record.topic);
      return { topic, log: topic.logFor(record), record };
    });
    for (const { topic, log, record } of targets) topic.append(log, record);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.#assertOpen();
    const group = this.broker.group(options.group, options.from, options.topics);
    const subscription = new EmbeddedSubscription(group, options, this.log, this.timers, (gone) =>
      this.#subscriptions.delete(gone),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async health(): Promise<BusHealth> {
    if (this.#closed) return { ok: false, detail: `bus of ${this.clientId} is closed` };
    const missing = [...this.#subscriptions].flatMap(({ group, topics }) =>
      topics.filter((topic) => !group.follows(topic)),
    );
    if (missing.length > 0) return { ok: false, detail: `waiting for topic ${missing.join(', ')}` };
    return { ok: true, detail: 'embedded broker' };
  }

  async lag(group: string, topic: string): Promise<number> {
    this.#assertOpen();
    return this.broker.lag(group, topic);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
  }

  #assertOpen(): void {
    if (this.#closed) throw new BusError('CLOSED', `The bus of ${this.clientId} is closed`, false);
  }
}
