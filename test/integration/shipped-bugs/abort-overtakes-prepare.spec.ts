/** Shipped bug: ABORT overtook its PREPARE, which then prepared a transaction that nobody ever ended: its locks stayed for ever. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { balanceOf, gidsOf, rowOf } from '../participant/payments.js';
import { PaymentsWorld } from './payments-world.js';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await PaymentsWorld.start();
});
afterAll(() => world.end());

describe('a PREPARE that its ABORT overtook', () => {
  it('finds the tombstone and prepares nothing', async () => {
    const { gtx, abort, prepare } = await world.branch();
    const process = world.process();

    expect(await process.deliver(abort)).toMatchObject([{ type: 'ACK', state: 'ABORTED' }]);
    expect(await process.deliver(prepare())).toMatchObject([{ vote: 'NO', noCode: 'FENCED' }]);

    expect([await gidsOf(world.server, gtx), await rowOf(world.server, gtx)]).toEqual([0, 'ABORTED']);
  });

  it('in two processes at once leaves nothing prepared either, whoever comes first', async () => {
    const one = world.process();
    const two = world.process();
    for (let round = 0; round < 10; round += 1) {
      const { gtx, abort, prepare } = await world.branch();

      await Promise.all([one.take(prepare()), two.deliver(abort)]);

      expect([await gidsOf(world.server, gtx), await balanceOf(world.server, gtx)]).toEqual([0, 100]);
    }
  });
});
