import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKafkaBus, type Bus, type TopicSpec } from '#messaging';
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
  let log: RecordingLog;
  const buses: Bus[] = [];

  const start = async (): Promise<Kafka> => (kafka = await startKafka({ dir, ports: [port] }));

  function connect(clientId: string): Bus {
    const bus = createKafkaBus({ brokers: [`127.0.0.1:${port}`], clientId, log });
    buses.push(bus);
    return bus;
  }

  const isHealthy = async (bus: Bus): Promise<boolean> => (await bus.health()).ok;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'concordat-kafka-outage-'));
    port = await freePort();
    log = new RecordingLog();
  });

  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await kafka?.stop();
    kafka = undefined;
    await rm(dir, { recursive: true, force: true });
  });

  it('that is down at the start is joined when it comes', async () => {
    const bus = connect('early');
    const probe = new Probe();
    await bus.subscribe({ topics: ['t'], group: 'g', from: 'earliest', handler: probe.handler });
    await expect(bus.ensureTopics([TOPIC])).rejects.toMatchObject(AWAY);
    expect(await isHealthy(bus)).toBe(false);

    await start();
    await bus.ensureTopics([TOPIC]);
    await bus.publish(recordsOf('t', ['a']));

    await until(() => probe.values.length === 1);
    expect(await isHealthy(bus)).toBe(true);
  });

  it('loses nothing that was acknowledged when it is killed and restarted under load', async () => {
    const broker = await start();
    const [producer, consumer] = [connect('producer'), connect('consumer')];
    await producer.ensureTopics([TOPIC]);
    const probe = new Probe();
    await consumer.subscribe({ topics: ['t'], group: 'g', from: 'earliest', handler: probe.handler });
    await until(() => isHealthy(consumer));

    const acknowledged: string[] = [];
    let over = false;
    const load = words(8, 'lane').map(async (lane) => {
      for (let i = 0; !over; i += 1) {
        const value = `${lane}-${i}`;
        // The caller's part of M6: what is not acknowledged is published again.
        while (!(await isPublished(producer, value))) log.debug({ value }, 'again');
        acknowledged.push(value);
      }
    });

    for (let round = 1; round <= 2; round += 1) {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 200);
      await broker.kill9(0);
      await until(async () => !(await isHealthy(producer)));
      await broker.restart(0);
      const after = acknowledged.length;
      await until(() => acknowledged.length > after + 200);
    }
    over = true;
    await Promise.all(load);

    await until(async () => (await consumer.lag('g', 't')) === 0);
    const delivered = new Set(probe.values);
    expect(acknowledged.filter((value) => !delivered.has(value))).toEqual([]);
    expect(await isHealthy(consumer)).toBe(true);
  });

  it('makes publish fail in bounded time while it is down, and succeed afterwards', async () => {
    const broker = await start();
    const bus = connect('publisher');
    await bus.ensureTopics([TOPIC]);
    await bus.publish(recordsOf('t', ['before']));

    await broker.kill9(0);
    await expect(bus.publish(recordsOf('t', ['lost']))).rejects.toMatchObject(AWAY);

    await broker.restart(0);
    await bus.publish(recordsOf('t', ['after']));
    expect(await bus.lag('nobody', 't')).toBe(2);
  });

  it('that hangs and wakes up again is read on', async () => {
    const broker = await start();
    const bus = connect('patient');
    await bus.ensureTopics([TOPIC]);
    const probe = new Probe();
    await bus.subscribe({ topics: ['t'], group: 'g', from: 'earliest', handler: probe.handler });
    await until(() => isHealthy(bus));

    broker.pause(0);
    await until(async () => !(await isHealthy(bus)));
    const publishing = bus.publish(recordsOf('t', words(10)));
    broker.resume(0);

    await publishing;
    await until(async () => (await bus.lag('g', 't')) === 0);
    expect(new Set(probe.values)).toEqual(new Set(words(10)));
  });
});

async function isPublished(bus: Bus, value: string): Promise<boolean> {
  try {
    await bus.publish(recordsOf('t', [value]));
    return true;
  } catch (error) {
    expect(error).toMatchObject(AWAY);
    return false;
  }
}
