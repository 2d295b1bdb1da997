import { describe, expect, it } from '@jest/globals';
import type { IncomingRecord } from '../port.js';
import { Gather } from './gather.js';

const recordOf =
  (partition: number, firstOffset = 0) =>
  (index: number): IncomingRecord => ({
    topic: 't',
    partition,
    offset: String(firstOffset + index),
    key: null,
    value: null,
    headers: {},
  });

const names = (batch: readonly IncomingRecord[]) =>
  batch.map(({ partition, offset }) => `${partition}:${offset}`);

const gatherOf = (maxWaiting: number) => ({ gather: new Gather(maxWaiting, () => undefined) });

/** One handler call that resolves. */
function handle(gather: Gather, maxRecords: number): readonly IncomingRecord[] {
  const batch = gather.take(maxRecords);
  gather.done();
  return batch;
}

describe('gather', () => {
  it('joins what partitions bring into one batch, in order per partition', async () => {
    const { gather } = gatherOf(100);
    const calls = [gather.accept(2, recordOf(0)), gather.accept(1, recordOf(1))];

    expect(names(handle(gather, 10))).toEqual(['0:0', '0:1', '1:0']);
    expect(await Promise.all(calls.map((call) => call.recorded))).toEqual([true, true]);
  });

  it('ends a call only when all of its records are recorded', async () => {
    const { gather } = gatherOf(100);
    let ended = false;
    const call = gather.accept(3, recordOf(0));
    void call.recorded.then(() => (ended = true));

    handle(gather, 2);
    await Promise.resolve();
    expect(ended).toBe(false);
    handle(gather, 2);

    expect(await call.recorded).toBe(true);
  });

  it('M7: accepts no more than there is room for; the others are to be fetched again', async () => {
    const { gather } = gatherOf(3);
    const first = gather.accept(2, recordOf(0));
    const second = gather.accept(5, recordOf(1));
    const third = gather.accept(4, recordOf(2));

    expect([first.count, second.count, third.count]).toEqual([2, 1, 0]);
    handle(gather, 10);
    expect(gather.take(10)).toEqual([]);
    expect(await Promise.all([first, second, third].map(({ recorded }) => recorded))).toEqual([
      true,
      true,
      true,
    ]);
    expect(gather.accept(4, recordOf(2)).count).toBe(3);
  });

  it('gives back what waits, with the error that makes kafkajs rejoin', async () => {
    const { gather } = gatherOf(100);
    const rebalance = new Error('rebalance');
    const [under, waiting] = [gather.accept(1, recordOf(0)), gather.accept(1, recordOf(1))];
    handle(gather, 1);

    gather.clear(rebalance);

    expect(await under.recorded).toBe(true);
    await expect(waiting.recorded).rejects.toBe(rebalance);
    expect(gather.take(10)).toEqual([]);
  });

  it('gives back what was handed over and abandoned, also a call that was half recorded', async () => {
    const { gather } = gatherOf(4);
    const [half, whole] = [gather.accept(3, recordOf(0)), gather.accept(1, recordOf(1))];
    handle(gather, 1);
    gather.take(3);

    gather.abandoned();
    gather.clear();

    expect(await Promise.all([half.recorded, whole.recorded])).toEqual([false, false]);
    expect(gather.accept(10, recordOf(0)).count).toBe(4);
  });

  it('offers abandoned records again, before those behind them', () => {
    const { gather } = gatherOf(100);
    void gather.accept(2, recordOf(0));
    void gather.accept(2, recordOf(1));
    gather.take(3);

    gather.abandoned();

    expect(names(gather.take(10))).toEqual(['0:0', '0:1', '1:0', '1:1']);
  });
});
