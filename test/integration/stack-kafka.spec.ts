/** The Kafka that tests and `npm run start:kafka` start is a real broker, and keeps what it acknowledged. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Kafka as Client, logLevel } from 'kafkajs';

import { startKafka, temporaryDirectory, type Kafka, type TemporaryDirectory } from '#stack';

/** The first start on a machine fetches the broker's jars. */
const START_TIMEOUT_MS = 360_000;

jest.setTimeout(60_000);

let directory: TemporaryDirectory;
let kafka: Kafka;

beforeAll(async () => {
  directory = await temporaryDirectory('kafka');
  kafka = await startKafka({ dir: directory.path });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await kafka?.stop();
  await directory?.remove();
});

const client = (retries = 5) =>
  new Client({ brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING, retry: { retries } });

async function produce(topic: string, value: string, retries?: number): Promise<void> {
  const producer = client(retries).producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ key: 'k', value }] });
  await producer.disconnect();
}

async function consume(topic: string, groupId: string, count: number): Promise<string[]> {
  const consumer = client().consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      if (values.push(String(message.value)) === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return values;
}

async function createTopic(topic: string): Promise<void> {
  const admin = client().admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
  });
  await admin.disconnect();
}

describe('Kafka of the stack', () => {
  it('hands a produced record to a consumer', async () => {
    await createTopic('letters');
    await produce('letters', 'first');

    expect(await consume('letters', 'one', 1)).toEqual(['first']);
  });

  it('still has its records after kill -9, on the same port', async () => {
    const { brokers, pids } = kafka;

    await kafka.kill9(0);
    await kafka.restart(0);

    expect(kafka.brokers).toBe(brokers);
    expect(kafka.pids).not.toEqual(pids);
    await produce('letters', 'second');
    expect(await consume('letters', 'two', 2)).toEqual(['first', 'second']);
  });

  it('creates no topic by accident', async () => {
    await expect(produce('mistyped', 'lost', 0)).rejects.toThrow(
      'This server does not host this topic-partition',
    );
  });

  it('refuses a second start on its directory', async () => {
    await expect(startKafka({ dir: directory.path })).rejects.toThrow(`is in use by process ${process.pid}`);
  });
});
