/** Shipped bug: a failure reason of 100 kB did not fit the state row; the write failed for ever, and so did the transaction. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Refused, defineOperation } from '#participant';
import { gidsOf, rowOf } from '../participant/payments.js';
import { PaymentsWorld } from './payments-world.js';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await PaymentsWorld.start();
});
afterAll(() => world.end());

const REASON = `${'why '.repeat(25_000)}\u0000 half \ud800 a pair`;
const LIMIT = 1_024;

const failing = (error: () => Error) => {
  const one = async (): Promise<never> => {
    throw error();
  };
  const schema = z.any();
  return defineOperation({
    name: 'charge',
    xa: { schema, work: { one } },
    saga: { schema, action: { one } },
  });
};

describe.each<[string, () => Error]>([
  ['a refusal', () => new Refused('R'.repeat(100_000), REASON)],
  ['an error', () => new Error(REASON)],
])('%s of 100 kB', (_what, error) => {
  it('ends the branch with a NO whose reason is cut to what rows and messages hold', async () => {
    const process = world.process([failing(error)]);
    const { gtx, prepare, abort } = await world.branch();

    const [vote] = await process.deliver(prepare());

    expect(vote).toMatchObject({ type: 'VOTE', vote: 'NO', message: expect.stringContaining('why why') });
    const { message, code } = vote as { message: string; code: string };
    expect([message.length <= LIMIT, code.length <= 64]).toEqual([true, true]);
    expect(await process.deliver(abort)).toMatchObject([{ type: 'ACK', state: 'ABORTED' }]);
    expect([await gidsOf(world.server, gtx), await rowOf(world.server, gtx)]).toEqual([0, 'ABORTED']);
  });

  it('is the result of a saga step like any other', async () => {
    const process = world.process([failing(error)]);
    const { action } = await world.branch();

    const [result] = await process.deliver(action(1));

    expect(result).toMatchObject({ type: 'RESULT', message: expect.stringContaining('why why') });
    expect((result as { message: string }).message.length).toBeLessThanOrEqual(LIMIT);
  });
});
