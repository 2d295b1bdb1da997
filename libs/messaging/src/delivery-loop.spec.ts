import { describe, expect, it } from '@jest/globals';
import { Gate, until } from './conformance/world.js';
import { DeliveryLoop, type BatchSource } from './delivery-loop.js';
import type { BatchHandler, IncomingRecord } from './port.js';

const record = (offset: number): IncomingRecord => ({
  topic: 't',
  partition: 0,
  offset: String(offset),
  key: null,
  value: null,
  headers: {},
});

/** One partition; remembers which offsets were passed, and which were left unread. */
class Source implements BatchSource {
  waiting: IncomingRecord[] = [];
  readonly passed: string[] = [];
  readonly left: string[] = [];
  #taken: IncomingRecord[] = [];

  take = (maxRecords: number) => {
    const batch = this.waiting.splice(0, maxRecords);
    this.#taken.push(...batch);
    return batch;
  };
  done = () => undefined;
  recorded = (upTo: readonly IncomingRecord[]) => {
    for (const { offset } of upTo) {
      const passed = this.#taken.filter((one) => Number(one.offset) <= Number(offset));
      this.#taken = this.#taken.filter((one) => !passed.includes(one));
      this.passed.push(...passed.map((one) => one.offset));
    }
  };
  abandoned = () => void this.left.push(...this.#taken.map(({ offset }) => offset));
}

type Handler = BatchHandler;

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

    await until(() => source.passed.length === 5);
    expect(sizes).toEqual([3, 2]);
  });

  it('is not put to sleep by a wake that comes as it runs empty', async () => {
    const { give, source, loop } = loopOf(async () => undefined);
    const take = source.take;
    source.take = (maxRecords) => {
      const batch = take(maxRecords);
      if (batch.length === 0 && source.passed.length === 1) queueMicrotask(() => give(1));
      return batch;
    };

    give(0);

    await until(() => source.passed.length === 2);
    await loop.drain();
  });

  it('drain ends a wait for redelivery and abandons the batch', async () => {
    const { give, source, loop, rejections } = loopOf(() => Promise.reject(new Error('no')), 3_600_000);
    give(0, 1);
    await until(() => rejections.length === 1);

    await loop.drain();

    expect(source.left).toEqual(['0', '1']);
    expect(source.passed).toEqual([]);
  });

  it('after a drain it begins nothing until it is reopened', async () => {
    const { give, source, loop } = loopOf(async () => undefined);
    await loop.drain();
    give(0);
    await new Promise(setImmediate);
    expect(source.passed).toEqual([]);

    loop.reopen();

    await until(() => source.passed.length === 1);
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

    await until(() => source.passed.length === 1);
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

    expect(source.passed).toEqual(['0']);
  });

  it('goes on past an open record, and passes its offset only when it is closed', async () => {
    const gate = new Gate();
    const seen: string[] = [];
    const { give, source } = loopOf(async (batch) => {
      seen.push(...batch.map(({ offset }) => offset));
      return batch.filter(({ offset }) => offset === '1').map((record) => ({ record, closed: gate.opened }));
    });

    for (const offset of [0, 1, 2, 3, 4]) give(offset);
    await until(() => seen.length === 5);
    expect(source.passed).toEqual(['0']);
    gate.open();

    await until(() => source.passed.length === 5);
  });

  it('delivers an open record again when its work fails', async () => {
    const calls: string[][] = [];
    const { give, source } = loopOf(async (batch) => {
      calls.push(batch.map(({ offset }) => offset));
      const first = calls.length === 1;
      return first ? [{ record: batch[0]!, closed: Promise.reject(new Error('no')) }] : [];
    });

    give(0, 1);

    await until(() => source.passed.length === 2);
    expect(calls).toEqual([['0', '1'], ['0']]);
  });

  it('a graceful stop waits for what is open', async () => {
    const gate = new Gate();
    const { give, source, loop } = loopOf(async (batch) =>
      batch.map((record) => ({ record, closed: gate.opened })),
    );
    give(0);
    await new Promise(setImmediate);
    await new Promise(setImmediate);

    const stopped = loop.finish();
    expect(source.passed).toEqual([]);
    gate.open();
    await stopped;

    expect(source.passed).toEqual(['0']);
  });
});
