/**
 * The post office: moves records, knows nothing of what they say.
 *
 * Invariants (both adapters, checked by `conformance/`):
 *  M1 A record is delivered at least once to every group that subscribed, also after a crash of the consumer.
 *  M2 An offset is committed only when the handler resolved for its record and for all before it: resolving says "the
 *     database holds it". A record that the handler left open holds the offset back until it is closed.
 *  M3 Records of one partition are delivered in order; a partition has one reader a group at a time. (A record left open
 *     whose work fails comes again, out of order.)
 *  M4 A handler that rejects gets the same records again, after a capped backoff; nothing behind them is skipped.
 *  M5 One handler call at a time a subscription: it gets what all partitions brought meanwhile, in one batch.
 *  M6 `publish` resolves when every record is durable at the broker (acks = all), or rejects; order within a key is kept.
 *  M7 At most `maxBufferedRecords` wait in memory; beyond it fetching pauses (back-pressure). A handler may leave at most
 *     10,000 records open; beyond it gets no further batch.
 */

/** A record to send. `key` chooses the partition unless `partition` names it. A null `value` is a tombstone. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** A record as it came: bytes untouched, nothing decoded. Offsets are decimal strings as Kafka has them. */
export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A topic that must exist before work starts. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly cleanup: 'delete' | 'compact';
  readonly retentionMs?: number;
  readonly maxRecordBytes: number;
}

export interface SubscribeOptions {
  readonly topics: readonly string[];
  readonly group: string;
  /** Where a group without committed offsets begins. */
  readonly from: 'earliest' | 'latest';
  readonly maxBufferedRecords?: number;
  readonly maxBatchRecords?: number;
  /** Gets one batch at a time (M5). Resolve = recorded, but for what it names as still open; reject = deliver again (M4). */
  readonly handler: BatchHandler;
}

/** The records of a batch that need longer than the others: the line goes on without them, their offsets are not passed (M2). */
export interface StillOpen {
  /** The very object of the batch. */
  readonly record: IncomingRecord;
  /** Resolve = recorded; reject = deliver this record again. */
  readonly closed: Promise<void>;
}

export type BatchHandler = (batch: readonly IncomingRecord[]) => Promise<void | readonly StillOpen[]>;

export interface Subscription {
  /** Partitions of `topic` that this member reads now; empty while a rebalance is under way. */
  assigned(topic: string): readonly number[];
  pause(): void;
  resume(): void;
  /** Stops fetching, waits for the handler call under way, commits offsets, leaves the group. Idempotent. */
  stop(): Promise<void>;
}

/** Health of the connection as readiness shows it. `detail` names the failing part. */
export interface BusHealth {
  readonly ok: boolean;
  readonly detail: string;
}

export interface Bus {
  /** Creates missing topics with the given policy; leaves existing ones alone. Throws BusError when the broker is away. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Number of partitions of a topic. Throws BusError when unknown. */
  partitions(topic: string): Promise<number>;
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Asks the broker (bounded time); never throws. */
  health(): Promise<BusHealth>;
  /** Unread records a group has on a topic (high water − committed, summed): tests and operators. */
  lag(group: string, topic: string): Promise<number>;
  close(): Promise<void>;
}

/** An operating fault of the bus: `retriable` says whether the same call may succeed later. */
export class BusError extends Error {
  override readonly name = 'BusError';
  constructor(
    readonly code: 'UNAVAILABLE' | 'TOO_LARGE' | 'UNKNOWN_TOPIC' | 'CLOSED' | 'REFUSED',
    message: string,
    readonly retriable: boolean,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
