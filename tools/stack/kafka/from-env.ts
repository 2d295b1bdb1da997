import { StackError } from '../errors.js';
import { startKafka, type Kafka, type KafkaOptions } from './start-kafka.js';

const notOurs = (): never => {
  throw new StackError(
    'The broker of KAFKA_BROKERS was not started here and cannot be stopped or killed.',
    '',
  );
};

/** Brokers that somebody else runs: `stop` leaves them alone, everything else refuses. */
const foreignKafka = (brokers: string): Kafka => ({
  brokers,
  pids: [],
  ended: [],
  links: [],
  backbone: undefined,
  quorum: undefined,
  stop: () => Promise.resolve(),
  kill9: async () => notOurs(),
  restart: async () => notOurs(),
  pause: notOurs,
  resume: notOurs,
});

/** The brokers that KAFKA_BROKERS names, or, when it is unset or empty, a cluster started here. */
export async function kafkaFromEnvOrStart(options: KafkaOptions): Promise<Kafka> {
  const brokers = process.env['KAFKA_BROKERS'] ?? '';
  return brokers === '' ? startKafka(options) : foreignKafka(brokers);
}
