import { expect, it } from '@jest/globals';
import { Gate, Probe, recordsOf, until, valueOf, words, type Bench } from './world.js';

/** M1: at least once; M2: committed only what resolved; M4: rejected is delivered again. */
export function deliveryConformance(bench: () => Bench): void {
  it('M1: a group from earliest gets what was published before it came', async () => {
    const b = bench();
    const topic = await b.topic();
    await b.bus.publish(recordsOf(topic, ['a', 'b', 'c'], { key: 'k' }));

    const probe = new Probe();
    await b.bus.subscribe({ topics: [topic], group: b.group(), from: 'earliest', handler: probe.handler });

    await until(() => probe.values.length === 3);
    expect(probe.values).toEqual(['a', 'b', 'c']);
  });

  it('M1: every group gets every record', async () => {
    const b = bench();
    const topic = await b.topic(3);
    const probes = [new Probe(), new Probe()];
    for (const { handler } of probes) await b.join({ topics: [topic], group: b.group(), handler }, 3);

    await b.bus.publish(recordsOf(topic, words(30)));

    for (const probe of probes) {
      await until(() => probe.values.length >= 30);
      expect(new Set(probe.values)).toEqual(new Set(words(30)));
    }
  });

  it('M1: a record under way when its reader crashes goes to the next one', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(), b.group()];
    const stuck = new Probe(() => new Gate().opened);
    const doomed = await b.join({ topics: [topic], group, handler: stuck.handler });
    await b.bus.publish(recordsOf(topic, ['lost?']));
    await until(() => stuck.values.length === 1);

    await b.world.crash(doomed);
    const probe = new Probe();
    await b.join({ topics: [topic], group, handler: probe.handler });

    await until(() => probe.values.length === 1);
    expect(probe.values).toEqual(['lost?']);
  });

  it('M1: a group from latest misses nothing published after its start, even while it is down', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(2), b.group()];
    await b.bus.publish(recordsOf(topic, ['before']));
    const first = new Probe();
    const doomed = await b.join({ topics: [topic], group, from: 'latest', handler: first.handler }, 2);

    await b.world.crash(doomed);
    await b.bus.publish(recordsOf(topic, words(8)));
    const second = new Probe();
    await b.join({ topics: [topic], group, from: 'latest', handler: second.handler }, 2);

    await until(() => second.values.length >= 8);
    expect(new Set(second.values)).toEqual(new Set(words(8)));
    expect(first.values).toEqual([]);
  });

  it('M2: nothing is committed of a handler call that has not resolved', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(), b.group()];
    const probe = new Probe((batch) => (valueOf(batch[0]!) === 'second' ? new Gate().opened : undefined));
    const subscription = await b.join({ topics: [topic], group, handler: probe.handler });
    await b.bus.publish(recordsOf(topic, ['first'], { key: 'k' }));
    await until(() => probe.values.length === 1);
    await b.bus.publish(recordsOf(topic, ['second'], { key: 'k' }));
    await until(() => probe.values.length === 2);

    // The first is committed while the second is under way; only then does the count below say something.
    await until(async () => (await b.bus.lag(group, topic)) < 2);
    expect(await b.bus.lag(group, topic)).toBe(1);

    await b.world.crash(subscription);
    expect(await b.bus.lag(group, topic)).toBe(1);
  });

  it('M2: stop waits for the call under way and commits it', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(), b.group()];
    const gate = new Gate();
    const probe = new Probe(() => gate.opened);
    const subscription = await b.join({ topics: [topic], group, handler: probe.handler });
    await b.bus.publish(recordsOf(topic, ['a']));
    await until(() => probe.running === 1);

    let stopped = false;
    const stopping = Promise.all([subscription.stop(), subscription.stop()]).then(() => (stopped = true));
    await b.bus.partitions(topic);
    expect(stopped).toBe(false);
    gate.open();
    await stopping;

    expect(probe.running).toBe(0);
    expect(await b.bus.lag(group, topic)).toBe(0);
    expect(subscription.assigned(topic)).toEqual([]);
  });

  it('M2: the next member of a group gets only what the one before did not record', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(2), b.group()];
    const first = new Probe();
    const before = await b.join({ topics: [topic], group, handler: first.handler }, 2);
    await b.bus.publish(recordsOf(topic, words(20, 'old')));
    await until(() => first.values.length >= 20);
    await before.stop();

    await b.bus.publish(recordsOf(topic, words(20, 'new')));
    const second = new Probe();
    await b.join({ topics: [topic], group, handler: second.handler }, 2);
    await until(() => second.values.length >= 20);

    expect(new Set(second.values)).toEqual(new Set(words(20, 'new')));
    await until(async () => (await b.bus.lag(group, topic)) === 0);
  });

  it('M4: a batch whose handler rejects comes again, and nothing behind it is skipped', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(), b.group()];
    const probe = new Probe((_, call) =>
      call <= 3 ? Promise.reject(new Error('database is down')) : undefined,
    );
    await b.bus.publish(recordsOf(topic, words(5), { key: 'k' }));
    await b.join({ topics: [topic], group, handler: probe.handler });

    await until(async () => probe.batches.length >= 4 && (await b.bus.lag(group, topic)) === 0);
    const [failed, again] = probe.batches;
    expect(again?.map(valueOf).slice(0, failed?.length)).toEqual(failed?.map(valueOf));
    expect(probe.batches.slice(3).flat().map(valueOf)).toEqual(words(5));
  });

  it('M4: a handler that throws before its first await is treated like one that rejects', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(), b.group()];
    let calls = 0;
    const handler = (): Promise<void> => {
      calls += 1;
      if (calls === 1) throw new Error('thrown, not rejected');
      return Promise.resolve();
    };
    await b.join({ topics: [topic], group, handler });

    await b.bus.publish(recordsOf(topic, ['a']));

    await until(async () => (await b.bus.lag(group, topic)) === 0);
    expect(calls).toBe(2);
  });

  it('M4: a poison record that the handler puts aside does not stop the line', async () => {
    const b = bench();
    const [topic, group] = [await b.topic(), b.group()];
    const aside: string[] = [];
    const probe = new Probe((batch) => {
      for (const record of batch) if (valueOf(record) === 'poison') aside.push(record.offset);
    });
    await b.join({ topics: [topic], group, handler: probe.handler });

    await b.bus.publish(recordsOf(topic, ['a', 'poison', 'b'], { key: 'k' }));

    await until(async () => (await b.bus.lag(group, topic)) === 0);
    expect(aside).toEqual(['1']);
    expect(probe.values).toEqual(['a', 'poison', 'b']);
  });
}
