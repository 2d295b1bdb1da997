import type { Log } from '#observability';
import type { ConnectionOptions } from 'node:tls';

/** How to reach Kafka. */
export interface KafkaBusOptions {
  /** host:port of any brokers of the cluster; the others are found through them. */
  readonly brokers: readonly string[];
  /** Shown in the broker's logs and quotas; also in ours. */
  readonly clientId: string;
  /**
   * No other living process has this clientId, and no group is joined twice under it. A process that was killed and started
   * again then takes over at once what its predecessor read, instead of after its session. Default: false.
   */
  readonly clientIdIsUnique?: boolean;
  /** true = TLS with the system's authorities. Default: plain. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SaslOptions;
  readonly log: Log;
}

export interface SaslOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** The adapter's clocks. They serve liveness only; why each has its value is said here, once. */
export const TIMING = {
  /** TLS across a data centre; kafkajs' default of 1 s is too short for it. */
  connectionTimeoutMs: 3_000,
  /** Longer than a produce may wait for a shrinking set of replicas (`produceTimeoutMs`). */
  requestTimeoutMs: 12_000,
  /** How long the broker may wait for its replicas (acks = all). */
  produceTimeoutMs: 10_000,
  /** A produce that took longer, its connection included, is given up: it hangs, in kafkajs or at a silent broker. */
  sendMs: 30_000,
  /** A publish begins no further attempt after this long without a broker: UNAVAILABLE. */
  publishGiveUpMs: 15_000,
  /** A publish to a topic that is not there may be a topic just created, unknown to the broker asked. */
  unknownTopicGiveUpMs: 1_500,
  /** The shortest session brokers allow: a dead member's partitions move after it. */
  sessionTimeoutMs: 6_000,
  /** Members that miss a rebalance are out; also the longest a handler call may delay one. */
  rebalanceTimeoutMs: 10_000,
  /** A member learns of a rebalance from its heartbeat. */
  heartbeatMs: 1_000,
  /**
   * A fetch answers as soon as there is a byte; this bounds how long `stop` waits for an idle one. Kafka's own default: what nobody
   * writes to is asked for all the time, at every broker.
   */
  fetchWaitMs: 500,
  /** As long as a connection may take, and then a first join: a rebalance, and the sessions of the dead. After it a new consumer begins. */
  joinMs: 60_000,
  /** Committing per batch costs more than the batch (bench.md): commit on a timer what the handler recorded. */
  commitIntervalMs: 1_000,
  /** A commit must not delay a rejoin or a stop for longer; what it did not bring is delivered again. */
  commitTimeoutMs: 3_000,
  /** No batch for this long while there are unread records: the consumer is stuck, build a new one. */
  stallMs: 15_000,
  /** Metadata older than this is read again: new partitions and moved leaders are found without an error. */
  metadataMaxAgeMs: 60_000,
  /**
   * Leaving the group and closing connections. A process leaves several groups one after the other within the 10 s a part has to stop.
   * Who is cut (a rebalance was under way) stays in the group, its partitions unread, until its session ends.
   */
  disconnectMs: 3_000,
  /** How long readiness waits for a broker. */
  healthMs: 2_000,
} as const;

/** The adapter's sizes. */
export const SIZE = {
  /** Bytes of one produce request. One request is one record batch a partition, and topics bound the batch. */
  produceBytes: 512 * 1024,
  /** Bytes of a fetch and, of it, a partition. A larger record still comes, alone. */
  fetchBytes: 4 * 1024 * 1024,
  fetchBytesPerPartition: 1024 * 1024,
  /** No topic takes more; it also keeps clear of the broker's own limit on requests, which ends the connection. */
  recordBytes: 16 * 1024 * 1024,
  /** What a record batch adds to its record: with it a topic's `max.message.bytes` admits `maxRecordBytes`. */
  batchOverheadBytes: 1024,
  /** Produce requests on their way at once. */
  produceInFlight: 5,
  /** Records that may wait for one of them; beyond it `publish` is UNAVAILABLE. */
  publishQueueRecords: 100_000,
} as const;
