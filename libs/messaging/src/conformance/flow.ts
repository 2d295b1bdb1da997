import { expect, it } from '@jest/globals';
import { Gate, Probe, recordsOf, until, words, type Bench } from './world.js';

/** M5: one call at a time, gathered; M7: bounded memory, pause. */
export function flowConformance(bench: () => Bench): void {
  it('M5: one handler call at a time, whatever the number of partitions', async () => {
    const b = bench();
    const topic = await b.topic(4);
    const probe = new Probe(() => new Promise((resolve) => setImmediate(resolve)));
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler, maxBatchRecords: 10 }, 4);

    for (const word of words(20)) {
      await b.bus.publish([0, 1, 2, 3].flatMap((partition) => recordsOf(topic, [word], { partition })));
    }

    await until(() => probe.records.length >= 80);
    expect(probe.maxRunning).toBe(1);
  });

  it('M5: what all partitions bring while the handler is busy becomes one batch', async () => {
    const b = bench();
    const topic = await b.topic(4);
    const gate = new Gate();
    const probe = new Probe((_, call) => (call === 1 ? gate.opened : undefined));
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler }, 4);
    await b.bus.publish(recordsOf(topic, ['first'], { partition: 0 }));
    await until(() => probe.running === 1);

    for (const partition of [0, 1, 2, 3]) await b.bus.publish(recordsOf(topic, words(3), { partition }));
    gate.open();

    await until(() => probe.records.length >= 13);
    expect(new Set(probe.batches[1]?.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    expect(probe.batches.length).toBeLessThan(5);
  });

  it('M7: a batch never holds more than the bounds of the subscription', async () => {
    const b = bench();
    const topic = await b.topic(2);
    const gate = new Gate();
    const probe = new Probe((_, call) => (call === 1 ? gate.opened : undefined));
    const limits = { maxBufferedRecords: 50, maxBatchRecords: 1000 };
    await b.join({ topics: [topic], group: b.group(), handler: probe.handler, ...limits }, 2);
    await b.bus.publish(recordsOf(topic, ['first']));
    await until(() => probe.running === 1);

    await b.bus.publish(recordsOf(topic, words(2_000)));
    gate.open();

    await until(() => probe.records.length >= 2_001);
    expect(new Set(probe.values)).toEqual(new Set(['first', ...words(2_000)]));
    expect(Math.max(...probe.batches.map(({ length }) => length))).toBeLessThanOrEqual(50);
  });

  it('M7: a paused subscription begins no call until it is resumed', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(1), b.group()];
    const [paused, control] = [new Probe(), new Probe()];
    const subscription = await b.join({ topics: [topic], group, handler: paused.handler });
    await b.join({ topics: [topic], group: b.group(), handler: control.handler });

    subscription.pause();
    await b.bus.publish(recordsOf(topic, words(5)));
    await until(() => control.records.length === 5);
    expect(paused.records).toEqual([]);
    expect(await b.bus.lag(group, topic)).toBe(5);

    subscription.resume();
    await until(() => paused.records.length === 5);
  });

  it('M7: a paused subscription can be stopped, and leaves its records to the next member', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(1), b.group()];
    const [paused, heir] = [new Probe(), new Probe()];
    const subscription = await b.join({ topics: [topic], group, handler: paused.handler });
    subscription.pause();
    await b.bus.publish(recordsOf(topic, words(5)));

    await subscription.stop();
    await b.join({ topics: [topic], group, handler: heir.handler });

    await until(() => heir.records.length === 5);
    expect(paused.records).toEqual([]);
  });

  it('lag goes back to 0 once everything is recorded', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(3), b.group()];
    await b.bus.publish(recordsOf(topic, words(300)));
    expect(await b.bus.lag(group, topic)).toBe(300);

    await b.join({ topics: [topic], group, handler: new Probe().handler }, 3);

    await until(async () => (await b.bus.lag(group, topic)) === 0);
  });
}
