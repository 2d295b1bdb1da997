/** Shipped bug: a branch took longer than the lease of its delivery, and was run three times at once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineOperation } from '#participant';
import { rowOf } from '../participant/payments.js';
import { PaymentsWorld } from './payments-world.js';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await PaymentsWorld.start();
});
afterAll(() => world.end());

/** A handler that runs until it is released. */
function slowOperation() {
  const seen = { runs: 0, now: 0, most: 0 };
  let release!: () => void;
  let started!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  const running = new Promise<void>((resolve) => (started = resolve));
  const one = async (): Promise<void> => {
    seen.runs += 1;
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    started();
    await released;
    seen.now -= 1;
  };
  const nothing = async (): Promise<void> => undefined;
  const schema = z.any();
  const saga = { schema, action: { one }, compensate: { one: nothing } };
  const tcc = { schema, try: { one }, confirm: { one: nothing }, cancel: { one: nothing } };
  return { seen, release, running, operation: defineOperation({ name: 'charge', tcc, saga }) };
}

describe('a step that is slower than whoever delivers it is patient', () => {
  it('runs once, however often it is delivered, to its own process and to another', async () => {
    const { seen, release, running, operation } = slowOperation();
    const { gtx, action } = await world.branch();
    const first = world.process([operation]);
    const second = world.process([operation]);

    const slow = first.take(action(1));
    await running;
    const again = first.take(action(1), action(1));
    // The row of the first one is locked: the second process says "ask again", and runs nothing.
    expect(await second.deliver(action(1))).toMatchObject([{ type: 'RESULT', result: 'RETRY' }]);
    release();
    await Promise.all([slow, again]);

    expect(await second.deliver(action(1))).toMatchObject([{ type: 'RESULT', result: 'DONE' }]);
    expect([seen.runs, seen.most, await rowOf(world.server, gtx)]).toEqual([1, 1, 'DONE']);
  });

  it('is prepared once, by the same rule', async () => {
    const { seen, release, running, operation } = slowOperation();
    const { prepare, abort } = await world.branch();
    const first = world.process([operation]);
    const second = world.process([operation]);

    const slow = first.take(prepare());
    await running;
    const again = first.take(prepare(), prepare());
    await second.deliver(prepare());
    release();
    await Promise.all([slow, again]);

    expect([seen.runs, seen.most]).toEqual([1, 1]);
    await first.deliver(abort);
  });
});
