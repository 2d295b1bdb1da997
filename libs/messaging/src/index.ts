export {
  BusError,
  type BatchHandler,
  type StillOpen,
  type Bus,
  type BusHealth,
  type IncomingRecord,
  type OutgoingRecord,
  type SubscribeOptions,
  type Subscription,
  type TopicSpec,
} from './port.js';
export {
  createEmbeddedBroker,
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
} from './embedded/embedded-broker.js';
export type { Timers } from './timers.js';
export { partitionOfKey } from './partitioner.js';
export { createKafkaBus } from './kafka/kafka-bus.js';
export type { KafkaBusOptions, SaslOptions } from './kafka/options.js';
export { stopIdleTimers } from './kafka/request-queue-patch.js';
