import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKafkaBus, type Bus, type OutgoingRecord, type TopicSpec } from '#messaging';
import { RecordingLog } from '#observability';
import { freePort, startKafka, type Kafka } from '#stack';
import { Probe, recordsOf, until, words } from '../../libs/messaging/src/conformance/world.js';

const TOPIC: TopicSpec = {
  name: 't',
  partitions: 3,
  replication: 1,
  cleanup: 'delete',
  maxRecordBytes: 65_536,
};
jest.setTimeout(120_000);

const AWAY = { name: 'BusError', code: 'UNAVAILABLE', retriable: true };

describe('a broker that goes away and comes back', () => {
  let dir: string;
  let port: number;
  let kafka: Kafka | undefined;
  let topics = 0;
  const buses: Bus[] = [];

  /** The broker of this file; the first test finds it down. */
  const running = async (): Promise<Kafka> => (kafka ??= await startKafka({ dir, ports: [port] }));

  function connect(clientId: string): Bus {
    const bus = createKafkaBus({ brokers: [`127.0.0.1:${port}`], clientId, log: new RecordingLog() });
    buses.push(bus);
    return bus;
  }

  const nextTopic = (): TopicSpec => ({ ...TOPIC, name: `outage-${(topics += 1)}` });
  const isHealthy = async (bus: Bus): Promise<boolean> => (await bus.health()).ok;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'concordat-kafka-outage-'));
    port = await freePort();
  });

  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
  });

  afterAll(async () => {
    await kafka?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('and is down at the start: calls fail in bounded time, and it is joined when it comes', async () => {
    const [bus, topic, probe] = [connect('early'), nextTopic(), new Probe()];
    await bus.subscribe({ topics: [topic.name], group: 'early', from: 'earliest', handler: probe.handler });
    const [ensured, published] = await Promise.allSettled([
      bus.ensureTopics([topic]),
      bus.publish(recordsOf(topic.name, ['lost'])),
    ]);
    for (const outcome of [ensured, published]) expect(outcome).toMatchObject({ reason: AWAY });
    expect(await isHealthy(bus)).toBe(false);

    await running();
    await bus.ensureTopics([topic]);
    await bus.publish(recordsOf(topic.name, ['a']));

    await until(() => probe.values.length === 1);
    expect(await isHealthy(bus)).toBe(true);
    expect(probe.values).toEqual(['a']);
  });

  it('by a kill under load: nothing that was acknowledged is lost', async () => {
    const broker = await running();
    const [producer, consumer, topic, probe] = [
      connect('producer'),
      connect('consumer'),
      nextTopic(),
      new Probe(),
    ];
    await producer.ensureTopics([topic]);
    await consumer.subscribe({
      topics: [topic.name],
      group: 'load',
      from: 'earliest',
      handler: probe.handler,
    });
    await until(() => isHealthy(consumer));

    const acknowledged: string[] = [];
    let over = false;
    const load = words(8, 'lane').map(async (lane) => {
      for (let i = 0; !over; i += 1) {
        const record = recordsOf(topic.name, [`${lane}-${i}`], { key: lane });
        // The caller's part of M1: what is not acknowledged is published again.
        while (!(await isPublished(producer, record))) continue;
        acknowledged.push(`${lane}-${i}`);
      }
    });
    await until(() => acknowledged.length > 200);
    await broker.kill9(0);
    await until(async () => !(await isHealthy(producer)));
    await broker.restart(0);
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 200);
    over = true;
    await Promise.all(load);

    await until(async () => (await consumer.lag('load', topic.name)) === 0);
    const delivered = new Set(probe.values);
    expect(acknowledged.filter((value) => !delivered.has(value))).toEqual([]);
    expect(await isHealthy(consumer)).toBe(true);
  });

  it('by hanging: it is read on when it wakes up', async () => {
    const broker = await running();
    const [bus, topic, probe] = [connect('patient'), nextTopic(), new Probe()];
    await bus.ensureTopics([topic]);
    await bus.subscribe({ topics: [topic.name], group: 'patient', from: 'earliest', handler: probe.handler });
    await until(() => isHealthy(bus));

    broker.pause(0);
    await until(async () => !(await isHealthy(bus)));
    const publishing = bus.publish(recordsOf(topic.name, words(10)));
    broker.resume(0);

    await publishing;
    await until(async () => (await bus.lag('patient', topic.name)) === 0);
    expect(new Set(probe.values)).toEqual(new Set(words(10)));
  });
});

/** False when the broker is away; any other fault fails the test. */
async function isPublished(bus: Bus, records: readonly OutgoingRecord[]): Promise<boolean> {
  try {
    await bus.publish(records);
    return true;
  } catch (error) {
    expect(error).toMatchObject(AWAY);
    return false;
  }
}
