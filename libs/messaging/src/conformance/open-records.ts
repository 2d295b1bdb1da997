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
}
