import { describe, expect, it } from '@jest/globals';
import type { IncomingRecord } from './port.js';
import { Watermark } from './watermark.js';

const recordsOf = (partition: number, count: number): IncomingRecord[] =>
  Array.from({ length: count }, (_, offset) => ({
    topic: 't',
    partition,
    offset: String(offset),
    key: null,
    value: null,
    headers: {},
  }));

const ends = (upTo: readonly IncomingRecord[]) =>
  upTo.map(({ partition, offset }) => `${partition}:${offset}`);

describe('watermark', () => {
  it('passes a batch with nothing open to its end, per partition', () => {
    const batch = [...recordsOf(0, 3), ...recordsOf(1, 2)];

    expect(ends(new Watermark().handled(batch, new Set()))).toEqual(['0:2', '1:1']);
  });

  it('passes offsets in order, whatever order records close in', () => {
    const watermark = new Watermark();
    const batch = recordsOf(0, 5);
    const [, one, , three] = batch as [IncomingRecord, IncomingRecord, IncomingRecord, IncomingRecord];

    expect(ends(watermark.handled(batch, new Set([one, three])))).toEqual(['0:0']);
    expect(watermark.open).toBe(2);
    expect(ends(watermark.closed(three))).toEqual([]);
    expect(ends(watermark.closed(one))).toEqual(['0:4']);
    expect(watermark.open).toBe(0);
  });

  it('passes nothing of later batches while an earlier record is open', () => {
    const watermark = new Watermark();
    const all = recordsOf(0, 4);
    watermark.handled(all.slice(0, 2), new Set(all.slice(0, 1)));

    expect(ends(watermark.handled(all.slice(2), new Set()))).toEqual([]);
    expect(ends(watermark.closed(all[0]!))).toEqual(['0:3']);
  });

  it('counts the failures of an open record, and closes it when it is handled again', () => {
    const watermark = new Watermark();
    const batch = recordsOf(0, 2);
    watermark.handled(batch, new Set(batch.slice(0, 1)));

    expect([watermark.failed(batch[0]!), watermark.failed(batch[0]!)]).toEqual([1, 2]);
    expect(watermark.failed(batch[1]!)).toBeUndefined();
    expect(ends(watermark.handled(batch.slice(0, 1), new Set()))).toEqual(['0:1']);
  });

  it('knows nothing of a partition that it was told to forget', () => {
    const watermark = new Watermark();
    const [lost, kept] = [recordsOf(0, 1), recordsOf(1, 1)];
    watermark.handled([...lost, ...kept], new Set([...lost, ...kept]));

    watermark.forget('t', 0);

    expect(watermark.open).toBe(1);
    expect(watermark.isOpen(lost[0]!)).toBe(false);
    expect(ends(watermark.closed(lost[0]!))).toEqual([]);
    expect(ends(watermark.closed(kept[0]!))).toEqual(['1:0']);
  });
});
