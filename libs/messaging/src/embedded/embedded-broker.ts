/**
 * A broker inside the process: partitions, groups, redelivery; the same invariants as Kafka's adapter.
 *
 * Owns: topics, groups, their offsets; all of it dies with the process.
 * Does not own: delivery itself (`DeliveryLoop` of each subscription).
 * Who calls in: the `Bus` handles made by `connect`, one per component that would be a process elsewhere.
 */
import type { Log } from '#observability';
import { BusError, type Bus, type TopicSpec } from '../port.js';
import { ConsumerGroup } from './consumer-group.js';
import { EmbeddedBus, type BrokerCore } from './embedded-bus.js';
import { EmbeddedTopic } from './embedded-topic.js';
import type { Timers } from '../timers.js';

export interface EmbeddedBrokerOptions {
  /** Records of a partition that stay although every known group has recorded them. Default 10,000. */
  readonly keepRecords?: number;
  /**
   * Records a partition holds at most. Default 200,000. When it is full of records that a group without members has
   * not read, the older half is dropped, with a warning; when a living group is that slow, `publish` throws UNAVAILABLE.
   */
  readonly maxRecords?: number;
  readonly log?: Log;
  /** Default: the process's own. */
  readonly timers?: Timers;
}

export class EmbeddedBroker implements BrokerCore {
  readonly #topics = new Map<string, EmbeddedTopic>();
  readonly #groups = new Map<string, ConsumerGroup>();
  /** Groups that follow a topic nobody has made yet. */
  readonly #awaited = new Map<string, Set<ConsumerGroup>>();
  readonly #options: EmbeddedBrokerOptions;

  constructor(options: EmbeddedBrokerOptions = {}) {
    this.#options = options;
  }

  /** A new handle; closing it stops its subscriptions and leaves the broker and its records alone. */
  connect(clientId: string): Bus {
    return new EmbeddedBus(this, clientId, this.#options.log?.child({ clientId }), this.#options.timers);
  }

  ensureTopic(spec: TopicSpec): void {
    if (this.#topics.has(spec.name)) return;
    const { keepRecords = 10_000, maxRecords = 200_000, log } = this.#options;
    const topic = new EmbeddedTopic(spec, {
      keepRecords,
      maxRecords,
      onLost: (name, group, records) =>
        log?.warn(
          { topic: name, group, records },
          'records expired before the group, which has no member, read them',
        ),
    });
    this.#topics.set(spec.name, topic);
    for (const group of this.#awaited.get(spec.name) ?? []) topic.addGroup(group);
    this.#awaited.delete(spec.name);
  }

  /** Throws BusError when there is none of that name. */
  topic(name: string): EmbeddedTopic {
    const topic = this.#topics.get(name);
    if (!topic) throw new BusError('UNKNOWN_TOPIC', `There is no topic ${name}`, true);
    return topic;
  }

  /** The group, which from now on follows `topics`; `from` counts only for a group that is new. */
  group(name: string, from: 'earliest' | 'latest', topics: readonly string[]): ConsumerGroup {
    const group = this.#groups.get(name) ?? new ConsumerGroup(name, from);
    this.#groups.set(name, group);
    for (const topic of topics) this.#follow(group, topic);
    return group;
  }

  /** Records of `topic` that `group` has not recorded; all of them when the group is unknown. */
  lag(group: string, topic: string): number {
    let unread = 0;
    for (const log of this.topic(topic).logs) {
      const committed = this.#groups.get(group)?.committed(topic, log.partition) ?? log.start;
      unread += log.end - committed;
    }
    return unread;
  }

  #follow(group: ConsumerGroup, name: string): void {
    const topic = this.#topics.get(name);
    if (topic) topic.addGroup(group);
    else this.#awaited.set(name, (this.#awaited.get(name) ?? new Set()).add(group));
  }
}

export const createEmbeddedBroker = (options?: EmbeddedBrokerOptions): EmbeddedBroker =>
  new EmbeddedBroker(options);
