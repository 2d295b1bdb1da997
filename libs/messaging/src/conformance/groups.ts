import { expect, it } from '@jest/globals';
import type { IncomingRecord, Subscription } from '../port.js';
import { Gate, Probe, recordsOf, until, valuesOfPartition, words, type Bench } from './world.js';

/** M3: order in a partition, one reader a partition; members share, take over, let go. */
export function groupConformance(bench: () => Bench): void {
  it('M3: records of a partition come in the order they were published', async () => {
    const b = bench();
    const topic = await b.topic(3);
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler, maxBatchRecords: 7 }, 3);

    for (const partition of [0, 1, 2]) await b.bus.publish(recordsOf(topic, words(50), { partition }));

    await until(() => probe.records.length >= 150);
    for (const partition of [0, 1, 2]) expect(valuesOfPartition(probe.records, partition)).toEqual(words(50));
    expect(valuesOfPartition(probe.records, 0)).toEqual(
      probe.records.filter((record) => record.partition === 0).map(({ offset }) => `w${offset}`),
    );
  });

  it('M3: two members share the partitions, and one takes over when the other leaves', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(4), b.group()];
    const [left, right] = [new Probe(), new Probe()];
    const first = await b.join({ topics: [topic], group, handler: left.handler }, 4);
    const second = await b.join({ topics: [topic], group, handler: right.handler }, 2, b.connect());
    await until(() => first.assigned(topic).length === 2);
    expect([...first.assigned(topic), ...second.assigned(topic)].sort()).toEqual([0, 1, 2, 3]);

    await b.bus.publish([0, 1, 2, 3].flatMap((partition) => recordsOf(topic, words(5), { partition })));
    await until(() => left.records.length + right.records.length >= 20);
    const partitionsOf = (probe: Probe) => new Set(probe.records.map(({ partition }) => partition));
    expect(partitionsOf(left).size).toBe(2);
    expect(partitionsOf(right).size).toBe(2);

    await second.stop();
    await until(() => first.assigned(topic).length === 4);
    await b.bus.publish(
      [0, 1, 2, 3].flatMap((partition) => recordsOf(topic, words(5, 'late'), { partition })),
    );
    await until(() => left.values.filter((value) => value.startsWith('late')).length === 20);
  });

  it('M3: a partition changes hands only after the handler call under way has ended', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(2), b.group()];
    const gate = new Gate();
    const slow = new Probe((_, call) => (call === 1 ? gate.opened : undefined));
    const other = new Probe();
    await b.join({ topics: [topic], group, handler: slow.handler }, 2);
    const both = [0, 1].flatMap((partition) => recordsOf(topic, ['a'], { partition }));
    await b.bus.publish(both);
    await until(() => slow.running === 1);
    const held = new Set((slow.batches[0] ?? []).map(({ partition }) => partition));

    const second = await b
      .connect()
      .subscribe({ topics: [topic], group, from: 'earliest', handler: other.handler });
    await b.bus.publish(both);
    await until(() => slow.running === 1);
    expect(second.assigned(topic).filter((partition) => held.has(partition))).toEqual([]);
    expect(other.records.filter(({ partition }) => held.has(partition))).toEqual([]);

    gate.open();
    await until(() => second.assigned(topic).length === 1);
    await until(async () => (await b.bus.lag(group, topic)) === 0);
    expect(distinct([...slow.records, ...other.records])).toBe(4);
  });

  it('M3: after a crash the others read on, in order, from the last committed record', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(1), b.group()];
    const doomedProbe = new Probe((_, call) => (call === 2 ? new Gate().opened : undefined));
    const doomed = await b.join({
      topics: [topic],
      group,
      handler: doomedProbe.handler,
      maxBatchRecords: 10,
    });
    await b.bus.publish(recordsOf(topic, words(10), { partition: 0 }));
    await until(() => doomedProbe.records.length === 10);
    await b.bus.publish(recordsOf(topic, words(10, 'x'), { partition: 0 }));
    await until(() => doomedProbe.batches.length === 2);

    await b.world.crash(doomed);
    const heir = new Probe();
    await b.join({ topics: [topic], group, handler: heir.handler });
    await until(() => heir.values.includes('x9'));

    const expected = [...words(10), ...words(10, 'x')];
    expect(heir.values).toEqual(expected.slice(expected.indexOf(heir.values[0] ?? '')));
    expect(heir.values).toEqual(expect.arrayContaining(words(10, 'x')));
  });

  it('a member without a partition waits, and the group goes on', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(1), b.group()];
    const probes = [new Probe(), new Probe()];
    const members: Subscription[] = [];
    for (const { handler } of probes) {
      members.push(await b.connect().subscribe({ topics: [topic], group, from: 'earliest', handler }));
    }
    await until(() => members.flatMap((member) => member.assigned(topic)).length === 1);

    await b.bus.publish(recordsOf(topic, words(10)));

    await until(async () => (await b.bus.lag(group, topic)) === 0);
    expect(distinct(probes.flatMap(({ records }) => records))).toBe(10);
  });

  it('a subscription to several topics reads them all', async () => {
    const b = bench();
    const topics = [await b.topic(2), await b.topic(1)];
    const probe = new Probe();
    const subscription = await b.join({ topics, group: b.group(), handler: probe.handler }, 2);
    await until(() => subscription.assigned(topics[1] as string).length === 1);

    await b.bus.publish(topics.flatMap((topic) => recordsOf(topic, words(6))));

    await until(() => probe.records.length >= 12);
    expect(new Set(probe.records.map(({ topic }) => topic))).toEqual(new Set(topics));
  });

  it('a subscription to a topic that comes later begins when it comes', async () => {
    const b = bench();
    const name = b.world.name('late');
    const probe = new Probe();
    await b.bus.subscribe({ topics: [name], group: b.group(), from: 'earliest', handler: probe.handler });
    expect((await b.bus.health()).ok).toBe(false);

    await b.bus.ensureTopics([
      { name, partitions: 1, replication: 1, cleanup: 'delete', maxRecordBytes: 1024 },
    ]);
    await b.bus.publish(recordsOf(name, ['a']));

    await until(() => probe.values.length === 1);
    expect((await b.bus.health()).ok).toBe(true);
  });
}

/** Number of different records. */
const distinct = (records: readonly IncomingRecord[]): number =>
  new Set(records.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`)).size;
