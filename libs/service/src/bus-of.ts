import { createKafkaBus, type Bus } from '#messaging';
import type { Log } from '#observability';
import type { Config } from './config/config.js';

/** The Kafka bus, as the configuration says. Connects when first used; a broker that is away is no error here. */
export function busOf(config: Config, log: Log): Bus {
  const { kafkaBrokers: brokers, kafkaSsl: ssl, kafkaLogin, instanceId: clientId } = config;
  const sasl = kafkaLogin ? { sasl: kafkaLogin } : {};
  return createKafkaBus({ brokers, clientId, clientIdIsUnique: true, ssl, ...sasl, log });
}
