import { describe, expect, it } from '@jest/globals';
import { Probe, recordsOf, until, words } from '../conformance/world.js';
import type { TopicSpec } from '../port.js';
import { createEmbeddedBroker, type EmbeddedBrokerOptions } from './embedded-broker.js';

const TOPIC: TopicSpec = {
  name: 't',
  partitions: 1,
  replication: 1,
  cleanup: 'delete',
  maxRecordBytes: 1024,
};

async function brokerWith(options: EmbeddedBrokerOptions, spec: Partial<TopicSpec> = {}) {
  const broker = createEmbeddedBroker(options);
  const bus = broker.connect('test');
  await bus.ensureTopics([{ ...TOPIC, ...spec }]);
  return { broker, bus, log: broker.topic('t').logs[0]! };
}

describe('memory of the embedded broker', () => {
  it('forgets what every group has recorded, but for the newest records', async () => {
    const { bus, log } = await brokerWith({ keepRecords: 10 });
    const probe = new Probe();
    await bus.subscribe({ topics: ['t'], group: 'g', from: 'earliest', handler: probe.handler });

    for (const word of words(100)) {
      await bus.publish(recordsOf('t', [word]));
      await until(async () => (await bus.lag('g', 't')) === 0);
    }

    expect(log.size).toBeLessThanOrEqual(20);
    expect(log.end).toBe(100);
    expect(probe.values).toEqual(words(100));
  });

  it('keeps what a group without members has not read', async () => {
    const { bus, log } = await brokerWith({ keepRecords: 10 });
    const member = await bus.subscribe({
      topics: ['t'],
      group: 'g',
      from: 'earliest',
      handler: async () => undefined,
    });
    await member.stop();

    await bus.publish(recordsOf('t', words(500)));

    expect(log.size).toBe(500);
    expect(await bus.lag('g', 't')).toBe(500);
  });

  it('pushes back on the publisher when a living group is too far behind, and takes records again later', async () => {
    const { bus } = await brokerWith({ keepRecords: 10, maxRecords: 50 });
    const member = await bus.subscribe({
      topics: ['t'],
      group: 'g',
      from: 'earliest',
      handler: async () => undefined,
    });
    member.pause();
    await bus.publish(recordsOf('t', words(50)));

    await expect(bus.publish(recordsOf('t', ['one more']))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retriable: true,
    });

    member.resume();
    await until(async () => (await bus.lag('g', 't')) === 0);
    await bus.publish(recordsOf('t', ['one more']));
  });

  it('lets the records of an abandoned group expire rather than stop the publisher', async () => {
    const { bus, log } = await brokerWith({ keepRecords: 10, maxRecords: 50 });
    const member = await bus.subscribe({
      topics: ['t'],
      group: 'gone',
      from: 'earliest',
      handler: async () => undefined,
    });
    await member.stop();

    for (const word of words(200)) await bus.publish(recordsOf('t', [word]));

    expect(log.size).toBeLessThanOrEqual(50);
    expect(await bus.lag('gone', 't')).toBeLessThanOrEqual(50);
  });

  it('compacts: a late reader gets the newest value of each key, in order', async () => {
    const { bus } = await brokerWith({ keepRecords: 10 }, { cleanup: 'compact' });
    for (let round = 0; round < 30; round += 1) {
      for (const key of ['a', 'b', 'c']) await bus.publish(recordsOf('t', [`${key}${round}`], { key }));
    }
    await bus.publish([{ topic: 't', key: 'b', value: null, headers: {} }]);

    const probe = new Probe();
    await bus.subscribe({ topics: ['t'], group: 'late', from: 'earliest', handler: probe.handler });
    await until(() => probe.records.length > 0);

    const newest = new Map(probe.records.map(({ key, value }) => [key, value?.toString()]));
    expect(Object.fromEntries(newest)).toEqual({ a: 'a29', b: undefined, c: 'c29' });
    expect(probe.records.length).toBeLessThan(30);
    const offsets = probe.records.map(({ offset }) => Number(offset));
    expect(offsets).toEqual([...offsets].sort((x, y) => x - y));
  });
});
