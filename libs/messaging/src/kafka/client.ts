import { Kafka, type KafkaConfig } from 'kafkajs';
import { kafkajsLog } from './kafkajs-log.js';
import { TIMING, type KafkaBusOptions } from './options.js';
import { stopIdleTimers } from './request-queue-patch.js';

/** Few: what is worth repeating is repeated by the adapter, which knows until when. */
const CONNECT_RETRIES = 4;

/**
 * A kafkajs client. Every producer, admin and consumer gets its own: clients made by one `Kafka` share the map of
 * committed offsets by group, so that two consumers of one group in one process would clear each other's positions.
 */
export function kafkaClient(options: KafkaBusOptions, connectRetries = CONNECT_RETRIES): Kafka {
  const { brokers, clientId, ssl, sasl, log } = options;
  stopIdleTimers();
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl !== undefined && { ssl }),
    ...(sasl && { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
    connectionTimeout: TIMING.connectionTimeoutMs,
    requestTimeout: TIMING.requestTimeoutMs,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: connectRetries },
    logCreator: kafkajsLog(log),
  });
}
