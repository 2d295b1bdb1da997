import { expect, it } from '@jest/globals';
import type { IncomingRecord, StillOpen } from '../port.js';
import { Gate, recordsOf, until, valueOf, words, type Bench } from './world.js';

/** M2 with records that need longer than their batch. */
export function openRecordsConformance(bench: () => Bench): void {
  const leaveOpen = (slow: string, closed: Promise<void>, seen: string[]) => {
    return async (batch: readonly IncomingRecord[]): Promise<readonly StillOpen[]> => {
      seen.push(...batch.map(valueOf));
      return batch.filter((record) => valueOf(record) === slow).map((record) => ({ record, closed }));
    };
  };

  it('M2: a slow record does not hold up the line, and its offset is not passed', async () => {
    const b = bench();
    const [topic, group, gate, seen] = [await b.topic(1), b.group(), new Gate(), [] as string[]];
    const handler = leaveOpen('w0', gate.opened, seen);
    await b.join({ topics: [topic], group, handler, maxBatchRecords: 1 });

    await b.bus.publish(recordsOf(topic, words(5)));
    await until(() => seen.length === 5);
    expect(await b.bus.lag(group, topic)).toBe(5);
    gate.open();

    await until(async () => (await b.bus.lag(group, topic)) === 0);
  });

  it('M1: what was open when its reader died comes to the next one', async () => {
    const b = bench();
    const [topic, group, seen, again] = [await b.topic(1), b.group(), [] as string[], [] as string[]];
    const never = new Promise<void>(() => undefined);
    const first = await b.join({ topics: [topic], group, handler: leaveOpen('w1', never, seen) });
    await b.bus.publish(recordsOf(topic, words(3)));
    await until(() => seen.length === 3);

    await b.world.crash(first);
    await b.join({
      topics: [topic],
      group,
      handler: async (batch) => void again.push(...batch.map(valueOf)),
    });

    await until(() => again.includes('w1') && again.includes('w2'));
  });

  it('M4: a record left open whose work fails comes again, alone', async () => {
    const b = bench();
    const [topic, group, seen] = [await b.topic(1), b.group(), [] as string[]];
    let failures = 0;
    const handler = async (batch: readonly IncomingRecord[]): Promise<readonly StillOpen[]> => {
      seen.push(...batch.map(valueOf));
      const slow = batch.find((record) => valueOf(record) === 'w1');
      if (!slow || failures === 2) return [];
      failures += 1;
      return [{ record: slow, closed: Promise.reject(new Error('lock timeout')) }];
    };
    await b.join({ topics: [topic], group, handler });

    await b.bus.publish(recordsOf(topic, words(3), { key: 'k' }));

    await until(async () => (await b.bus.lag(group, topic)) === 0);
    expect([...seen].sort()).toEqual(['w0', 'w1', 'w1', 'w1', 'w2']);
  });

  it('M2: what is open when its partition changes hands comes to the new reader, and nobody passes it before', async () => {
    const b = bench();
    const [topic, group, gate] = [await b.topic(2), b.group(), new Gate()];
    const [seen, again] = [[] as string[], [] as string[]];
    const both = [0, 1].flatMap((partition) => recordsOf(topic, ['slow', 'quick'], { partition }));
    const first = await b.join({ topics: [topic], group, handler: leaveOpen('slow', gate.opened, seen) }, 2);
    await b.bus.publish(both);
    await until(() => seen.length === 4);

    const heirGate = new Gate();
    const heir = leaveOpen('slow', heirGate.opened, again);
    await b.join({ topics: [topic], group, handler: heir }, 1, b.connect());
    await until(() => again.length >= 2 && first.assigned(topic).length === 1);
    gate.open();
    expect(again.slice(0, 2)).toEqual(['slow', 'quick']);
    expect(await b.bus.lag(group, topic)).toBeGreaterThanOrEqual(2);

    heirGate.open();
    await until(async () => (await b.bus.lag(group, topic)) === 0);
  });

  it('M2: stop waits for what is open, and commits it', async () => {
    const b = bench();
    const [topic, group, gate, seen] = [await b.topic(1), b.group(), new Gate(), [] as string[]];
    const subscription = await b.join({
      topics: [topic],
      group,
      handler: leaveOpen('w0', gate.opened, seen),
    });
    await b.bus.publish(recordsOf(topic, words(2), { key: 'k' }));
    await until(() => seen.length === 2);

    const stopping = subscription.stop();
    gate.open();
    await stopping;

    expect(await b.bus.lag(group, topic)).toBe(0);
  });
}
