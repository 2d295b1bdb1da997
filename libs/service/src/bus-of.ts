import { createKafkaBus, type Bus } from '#messaging';
import type { Log } from '#observability';
import type { Config } from './config/config.js';

/** The Kafka bus, as the configuration says. Connects when first used; a broker that is away is no error here. */
export function busOf(config: Config, log: Log): Bus {
  const { kafkaBrokers: brokers, kafkaSsl: ssl, kafkaLogin, instanceId: clientId } = config;
  return createKafkaBus({ brokers, clientId, ssl, ...(kafkaLogin ? { sasl: kafkaLogin } : {}), log });
}
