import { expect, it } from '@jest/globals';
import { partitionOfKey } from '../partitioner.js';
import { BusError, type OutgoingRecord } from '../port.js';
import { KIB, Probe, recordsOf, until, words, type Bench } from './world.js';

/** M6: durable when resolved, in order per key; sizes, headers, tombstones, refusals. */
export function publishingConformance(bench: () => Bench): void {
  it('M6: what `publish` resolved is at the broker', async () => {
    const b = bench();
    const topic = await b.topic(2);

    await b.bus.publish(recordsOf(topic, words(10)));

    const resolvedAt = await b.bus.lag(b.group(), topic);
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler }, 2);
    await until(() => new Set(probe.values).size >= 10);
    expect(new Set(probe.values)).toEqual(new Set(words(10)));
    // A repeated request may double records; none that was promised may be missing.
    expect(resolvedAt).toBeGreaterThanOrEqual(10);
  });

  it('M6: order within a key is kept when many publishes are in flight', async () => {
    const b = bench();
    const topic = await b.topic(3);
    const other = await b.topic(1);
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler }, 3);

    const keys = words(5, 'key');
    const publishes = words(60).map((word, i) => {
      const records = keys.map((key) => ({ topic, key, value: Buffer.from(word), headers: {} }));
      // Calls of different shape, so that a faster one could overtake.
      return b.bus.publish(i % 3 === 0 ? [...recordsOf(other, ['x']), ...records] : records);
    });
    await Promise.all(publishes);

    await until(() => probe.records.length >= 300);
    for (const key of keys) {
      const values = probe.records.filter((record) => record.key === key).map(({ value }) => String(value));
      expect(values).toEqual(words(60));
    }
  });

  it('M6: a key has one partition, the one every Kafka client would choose', async () => {
    const b = bench();
    const topic = await b.topic(5);
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler }, 5);

    await b.bus.publish(recordsOf(topic, words(40)));

    await until(() => probe.records.length >= 40);
    for (const { key, partition } of probe.records) expect(partition).toBe(partitionOfKey(key ?? '', 5));
  });

  it('M6: a partition named by the record is obeyed', async () => {
    const b = bench();
    const topic = await b.topic(4);
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler }, 4);

    await b.bus.publish(
      words(8)
        .map((key, i) => recordsOf(topic, [key], { partition: i % 4 }))
        .flat(),
    );

    await until(() => probe.records.length >= 8);
    for (const { value, partition } of probe.records) {
      expect(partition).toBe(Number(String(value).slice(1)) % 4);
    }
  });

  it('keys, bytes, headers and tombstones arrive as they were sent', async () => {
    const b = bench();
    const topic = await b.topic(1);
    const bytes = Buffer.from([0, 255, 10, 0xc3, 0x28]);
    const headers = { type: 'VOTE', note: 'žluťoučký', empty: '' };
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler });

    await b.bus.publish([
      { topic, key: 'κλειδί', value: bytes, headers },
      { topic, key: 'κλειδί', value: null, headers: {} },
    ]);

    await until(() => probe.records.length >= 2);
    expect(probe.records[0]).toEqual({
      topic,
      partition: 0,
      offset: '0',
      key: 'κλειδί',
      value: bytes,
      headers,
    });
    expect(probe.records[1]).toMatchObject({ offset: '1', key: 'κλειδί', value: null, headers: {} });
  });

  it('records of 1.2 MiB pass, several at once and between small ones', async () => {
    const b = bench();
    const topic = await b.topic(1);
    const big = Buffer.alloc(1200 * KIB, 'x');
    const probe = new Probe((batch) => batch.length);
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler });

    const record = (key: string, value: Buffer): OutgoingRecord => ({ topic, key, value, headers: {} });
    const keys = words(7);
    await b.bus.publish(keys.map((key, i) => record(key, i % 2 === 0 ? big : Buffer.from('small'))));

    await until(() => probe.records.length >= 7);
    expect(probe.records.map(({ key, value }) => [key, value?.length])).toEqual(
      keys.map((key, i) => [key, i % 2 === 0 ? big.length : 5]),
    );
  });

  it('many small records that together exceed the largest record pass', async () => {
    const b = bench();
    const topic = await b.topic(1, { maxRecordBytes: 20 * KIB });
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler });

    const filler = 'x'.repeat(1000);
    await b.bus.publish(
      recordsOf(
        topic,
        words(100).map((word) => `${word}:${filler}`),
      ),
    );

    await until(() => probe.records.length >= 100);
    expect(probe.values.map((value) => value.split(':')[0])).toEqual(words(100));
  });

  it('a record over the size of its topic is refused as TOO_LARGE, and spoils no other publish', async () => {
    const b = bench();
    const topic = await b.topic(1, { maxRecordBytes: 64 * KIB });
    const outcomes = await Promise.allSettled([
      b.bus.publish(recordsOf(topic, ['a'])),
      b.bus.publish([{ topic, key: 'big', value: Buffer.alloc(70 * KIB), headers: {} }]),
      b.connect().publish([{ topic, key: 'big', value: Buffer.alloc(70 * KIB), headers: {} }]),
      b.bus.publish(recordsOf(topic, ['b'])),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    for (const outcome of [outcomes[1], outcomes[2]]) {
      expect(outcome).toMatchObject({ reason: { code: 'TOO_LARGE', retriable: false } });
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(BusError);
    }
    // At least once: what shared a request with the refused record may have been sent twice.
    const probe = new Probe();
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler });
    await until(() => new Set(probe.values).size === 2);
    expect(new Set(probe.values)).toEqual(new Set(['a', 'b']));
  });

  it('an unknown topic is UNKNOWN_TOPIC, which may pass', async () => {
    const b = bench();
    const topic = b.world.name('nowhere');
    const expected = { name: 'BusError', code: 'UNKNOWN_TOPIC', retriable: true };

    await expect(b.bus.publish(recordsOf(topic, ['a']))).rejects.toMatchObject(expected);
    await expect(b.bus.partitions(topic)).rejects.toMatchObject(expected);
  });

  it('a partition that does not exist is REFUSED, never dropped in silence', async () => {
    const b = bench();
    const topic = await b.topic(2);

    for (const partition of [2, -1]) {
      await expect(b.bus.publish(recordsOf(topic, ['a'], { partition }))).rejects.toMatchObject({
        code: 'REFUSED',
        retriable: false,
      });
    }
  });

  it('ensureTopics makes what is missing and leaves what exists alone', async () => {
    const b = bench();
    const topic = await b.topic(3);
    const spec = {
      name: topic,
      partitions: 5,
      replication: 3,
      cleanup: 'compact',
      maxRecordBytes: 1,
    } as const;
    const fresh = { ...spec, name: b.world.name('fresh'), maxRecordBytes: KIB, retentionMs: 60_000 };

    await b.bus.ensureTopics([spec, fresh]);
    await b.connect().ensureTopics([fresh]);

    expect(await b.bus.partitions(topic)).toBe(3);
    expect(await b.bus.partitions(fresh.name)).toBe(5);
    await b.bus.publish(recordsOf(topic, ['longer than one byte']));
  });

  it('a closed bus says CLOSED and not ok', async () => {
    const b = bench();
    const topic = await b.topic(1);
    const bus = b.connect();
    expect(await bus.health()).toMatchObject({ ok: true });

    await Promise.all([bus.close(), bus.close()]);

    await expect(bus.publish(recordsOf(topic, ['a']))).rejects.toMatchObject({
      code: 'CLOSED',
      retriable: false,
    });
    expect(await bus.health()).toMatchObject({ ok: false });
  });
}
