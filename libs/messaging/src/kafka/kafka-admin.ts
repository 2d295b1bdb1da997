import type { Log } from '#observability';
import type { Admin, ITopicConfig } from 'kafkajs';
import { BusError, type TopicSpec } from '../port.js';
import { bounded } from './bounded.js';
import { kafkaClient } from './client.js';
import { faultType, isWithoutAnswer, toBusError } from './errors.js';
import { SIZE, TIMING, type KafkaBusOptions } from './options.js';

/** Where a group stands in one partition. Offsets as numbers: they stay far below 2⁵³. */
export interface PartitionProgress {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
  /** undefined: the group has committed nothing here. */
  readonly committed: number | undefined;
}

const CALL_TIMEOUT_MS = 20_000;
const PATIENCE_MS = 5_000;
const PATIENCE_POLL_MS = 100;
const NOT_YET = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** Questions and orders to the cluster: topics, offsets, who is there. Connects when first used, and again. */
export class KafkaAdmin {
  readonly #log: Log;
  readonly #partitionCounts = new Map<string, { readonly count: number; readonly untilMs: number }>();
  #admin: Promise<Admin> | undefined;
  #ping: Promise<number> | undefined;

  constructor(private readonly options: KafkaBusOptions) {
    this.#log = options.log;
  }

  /** Creates the missing ones of `specs`, and waits until every partition's leader answers for it. */
  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    const existing = new Set(await this.#call('list topics', (admin) => admin.listTopics()));
    const missing = specs.filter(({ name }) => !existing.has(name));
    if (missing.length === 0) return;
    const brokerCount = await this.brokerCount();
    const topics = missing.map((spec) => this.#topicConfig(spec, brokerCount));
    await this.#call('create topics', (admin) => admin.createTopics({ topics, waitForLeaders: false }));
    await this.#writable(missing);
    this.#log.info({ topics: missing.map(({ name }) => name) }, 'topics created');
  }

  async partitionCount(topic: string): Promise<number> {
    const known = this.#partitionCounts.get(topic);
    if (known && performance.now() < known.untilMs) return known.count;
    const count = (await this.#partitionsOf([topic])).get(topic) ?? 0;
    if (count === 0) throw new BusError('UNKNOWN_TOPIC', `There is no topic ${topic}`, true);
    this.#partitionCounts.set(topic, { count, untilMs: performance.now() + TIMING.metadataMaxAgeMs });
    return count;
  }

  async progress(group: string, topic: string): Promise<readonly PartitionProgress[]> {
    const [ends, [offsets]] = await this.#patiently(() =>
      this.#call(`offsets of ${group} in ${topic}`, (admin) =>
        Promise.all([
          admin.fetchTopicOffsets(topic),
          admin.fetchOffsets({ groupId: group, topics: [topic] }),
        ]),
      ),
    );
    return ends.map(({ partition, low, high }) => {
      const committed = Number(offsets?.partitions.find((at) => at.partition === partition)?.offset ?? -1);
      return {
        partition,
        low: Number(low),
        high: Number(high),
        committed: committed < 0 ? undefined : committed,
      };
    });
  }

  /** Number of brokers that are there now; the call of a moment ago is shared. */
  async brokerCount(timeoutMs = CALL_TIMEOUT_MS): Promise<number> {
    this.#ping ??= this.#call('describe cluster', async (admin) => {
      const { brokers } = await admin.describeCluster();
      return brokers.length;
    }).finally(() => {
      this.#ping = undefined;
    });
    return bounded(this.#ping, timeoutMs, 'describe cluster');
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await disconnected(admin, this.#log);
  }

  #topicConfig(spec: TopicSpec, brokerCount: number): ITopicConfig {
    const { name, partitions, cleanup, retentionMs, maxRecordBytes } = spec;
    if (spec.replication > brokerCount) {
      const fields = { topic: name, replication: spec.replication, brokers: brokerCount };
      this.#log.warn(fields, 'fewer brokers than replicas asked for: the topic gets one replica a broker');
    }
    const entries = [
      ['cleanup.policy', cleanup],
      ['max.message.bytes', maxRecordBytes + SIZE.batchOverheadBytes],
      ...(retentionMs === undefined ? [] : [['retention.ms', retentionMs]]),
    ];
    return {
      topic: name,
      numPartitions: partitions,
      replicationFactor: Math.max(1, Math.min(spec.replication, brokerCount)),
      configEntries: entries.map(([entry, value]) => ({ name: String(entry), value: String(value) })),
    };
  }

  /**
   * Metadata names a leader before the leader has heard of it. A publish in that moment reaches some partitions, is
   * refused by others and is repeated whole: duplicates at every first start. An answered offset is the leader's word.
   */
  async #writable(specs: readonly TopicSpec[]): Promise<void> {
    await this.#patiently(() => this.#partitionsOf(specs.map(({ name }) => name)));
    for (const { name } of specs)
      await this.#patiently(() => this.#call(`offsets of ${name}`, (admin) => admin.fetchTopicOffsets(name)));
  }

  /** Asks again while the answer is "not yet": from brokers that have just started or heard of nothing yet. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (performance.now() > deadlineMs || !NOT_YET.has(faultType(error) ?? '')) throw error;
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_POLL_MS));
      }
    }
  }

  async #partitionsOf(topics: readonly string[]): Promise<Map<string, number>> {
    const what = `metadata of ${topics.join(', ')}`;
    const metadata = await this.#call(what, (admin) => admin.fetchTopicMetadata({ topics: [...topics] }));
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  async #call<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    const connection = (this.#admin ??= this.#connect());
    try {
      return await bounded(connection.then(work), CALL_TIMEOUT_MS, what);
    } catch (error) {
      // The connection may be dead without knowing it. Or kafkajs goes on to ask for a topic that is no more, in every
      // refresh of its metadata, and fails.
      if (isWithoutAnswer(error) || faultType(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
        this.#forget(connection);
      throw toBusError(error, what);
    }
  }

  #connect(): Promise<Admin> {
    const admin = kafkaClient(this.options).admin();
    const connection = admin.connect().then(() => admin);
    connection.catch(() => {
      if (this.#admin === connection) this.#admin = undefined;
    });
    return connection;
  }

  #forget(connection: Promise<Admin>): void {
    if (this.#admin === connection) this.#admin = undefined;
    void disconnected(connection, this.#log);
  }
}

/** Closes a connection that may never have come up; resolves however that goes. */
async function disconnected(connection: Promise<Admin> | undefined, log: Log): Promise<void> {
  try {
    const admin = await connection;
    if (admin) await bounded(admin.disconnect(), TIMING.disconnectMs, 'disconnect');
  } catch (error) {
    log.debug({ err: error }, 'admin connection was not closed in order');
  }
}
