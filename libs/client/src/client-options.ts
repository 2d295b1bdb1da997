import type { Bus } from '#messaging';
import type { Clock, FaultPoints, Log, Metrics, Random } from '#observability';
import type { OutboxStore } from '#persistence';
import type { HttpExchange } from './http/exchange.js';
import type { OutboxOptions } from './outbox/outbox-deps.js';

/** What a client is made of. Only `initiator` is required; what is left out is not available, or has a default. */
export interface ClientOptions {
  /** Name of this application, the same on every instance: `[A-Za-z0-9_-]{1,64}`. It hears answers on `initiators.<name>`. */
  readonly initiator: string;
  /** Unique among the running instances. Default: the initiator's name and a random part. */
  readonly instance?: string | undefined;
  /** Base URLs of coordinators (CONCORDAT_COORDINATOR_URL). Empty: no HTTP. */
  readonly coordinatorUrls?: readonly string[] | undefined;
  /** Opened and closed by the caller. Absent: no Kafka, no outbox. */
  readonly bus?: Bus | undefined;
  /** Opened and closed by the caller. Absent: no outbox. */
  readonly outboxStore?: OutboxStore | undefined;
  /** CONCORDAT_TOPIC_PREFIX. Default `concordat`. */
  readonly topicPrefix?: string | undefined;
  /** How topics are made where they are missing. Default 12 partitions, replication 1. */
  readonly partitions?: number | undefined;
  readonly replication?: number | undefined;
  /** Timers and limits of the outbox. */
  readonly outbox?: Partial<OutboxOptions> | undefined;
  /** Rounds over all coordinators before an HTTP call gives up. Default 8. */
  readonly maxRounds?: number | undefined;
  readonly log?: Log | undefined;
  readonly metrics?: Metrics | undefined;
  readonly faults?: FaultPoints | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** The network below HTTP. Default: fetch. */
  readonly exchange?: HttpExchange | undefined;
}
