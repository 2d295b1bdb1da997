import { describe, expect, it } from '@jest/globals';
import { Gate, until } from './conformance/world.js';
import { DeliveryLoop, type BatchSource } from './delivery-loop.js';
import type { IncomingRecord } from './port.js';

const record = (offset: number): IncomingRecord => ({
  topic: 't',
  partition: 0,
  offset: String(offset),
  key: null,
  value: null,
  headers: {},
});

class Source implements BatchSource {
  waiting: IncomingRecord[] = [];
  readonly recorded: string[] = [];
  readonly left: string[] = [];

  take = (maxRecords: number) => this.waiting.splice(0, maxRecords);
  done = (batch: readonly IncomingRecord[]) => void this.recorded.push(...batch.map(({ offset }) => offset));
  abandoned = (batch: readonly IncomingRecord[]) => void this.left.push(...batch.map(({ offset }) => offset));
}

type Handler = (batch: readonly IncomingRecord[]) => Promise<void>;

function loopOf(handler: Handler, capMs = 1) {
  const source = new Source();
  const rejections: unknown[] = [];
  const loop = new DeliveryLoop({
    source,
    handler,
    maxBatchRecords: 3,
    backoff: { baseMs: capMs, capMs, jitter: 0 },
    onRejected: (error) => rejections.push(error),
  });
  const give = (...offsets: number[]) => {
    source.waiting.push(...offsets.map(record));
    loop.wake();
  };
  return { loop, source, rejections, give };
}

describe('delivery loop', () => {
  it('gathers what came in one turn, up to the size of a batch', async () => {
    const sizes: number[] = [];
    const { give, source } = loopOf(async (batch) => void sizes.push(batch.length));

    for (const offset of [0, 1, 2, 3, 4]) give(offset);

    await until(() => source.recorded.length === 5);
    expect(sizes).toEqual([3, 2]);
  });

  it('is not put to sleep by a wake that comes as it runs empty', async () => {
    const { give, source, loop } = loopOf(async () => undefined);
    const take = source.take;
    source.take = (maxRecords) => {
      const batch = take(maxRecords);
      if (batch.length === 0 && source.recorded.length === 1) queueMicrotask(() => give(1));
      return batch;
    };

    give(0);

    await until(() => source.recorded.length === 2);
    await loop.drain();
  });

  it('drain ends a wait for redelivery and abandons the batch', async () => {
    const { give, source, loop, rejections } = loopOf(() => Promise.reject(new Error('no')), 3_600_000);
    give(0, 1);
    await until(() => rejections.length === 1);

    await loop.drain();

    expect(source.left).toEqual(['0', '1']);
    expect(source.recorded).toEqual([]);
  });

  it('after a drain it begins nothing until it is reopened', async () => {
    const { give, source, loop } = loopOf(async () => undefined);
    await loop.drain();
    give(0);
    await new Promise(setImmediate);
    expect(source.recorded).toEqual([]);

    loop.reopen();

    await until(() => source.recorded.length === 1);
  });

  it('redelivers nothing while paused, and at once when resumed', async () => {
    const gate = new Gate();
    let calls = 0;
    const { give, source, loop } = loopOf(() => {
      calls += 1;
      return calls === 1 ? gate.opened.then(() => Promise.reject(new Error('no'))) : Promise.resolve();
    }, 3_600_000);
    give(0);
    await until(() => calls === 1);

    loop.pause();
    gate.open();
    await new Promise(setImmediate);
    expect(calls).toBe(1);
    loop.resume();

    await until(() => source.recorded.length === 1);
    expect(calls).toBe(2);
  });

  it('drain waits for the call under way, whose result counts', async () => {
    const gate = new Gate();
    const { give, source, loop } = loopOf(() => gate.opened);
    give(0);
    await new Promise(setImmediate);
    await new Promise(setImmediate);

    const drained = loop.drain();
    gate.open();
    await drained;

    expect(source.recorded).toEqual(['0']);
  });
});
