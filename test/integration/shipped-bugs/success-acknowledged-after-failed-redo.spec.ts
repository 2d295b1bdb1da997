/** Shipped bug: finishing a prepared branch failed, and yet it was acknowledged: the coordinator forgot a branch that was still open. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineOperation } from '#participant';
import { formatGid } from '#protocol';
import { balanceOf, gidsOf, rowOf } from '../participant/payments.js';
import { PaymentsWorld } from './payments-world.js';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await PaymentsWorld.start();
});
afterAll(() => world.end());

describe('COMMIT whose work fails', () => {
  it('of an xa branch is not acknowledged while COMMIT PREPARED fails', async () => {
    const { gtx, commit } = await world.branch();
    const gid = formatGid({ participant: 'payments', gtx, attempt: 1, branch: 'b' });
    // Another role's: the participant may not finish it.
    await world.server.query(
      'one',
      `BEGIN; UPDATE account SET balance = 90 WHERE id = '${gtx}'; PREPARE TRANSACTION '${gid}'`,
    );
    const process = world.process();

    await process.take(commit);

    expect([process.replies, await gidsOf(world.server, gtx), await balanceOf(world.server, gtx)]).toEqual([
      [],
      1,
      100,
    ]);
    await world.server.query('one', `ROLLBACK PREPARED '${gid}'`);
  });

  it('of a tcc branch is not acknowledged while confirm fails, and once when it has succeeded', async () => {
    let broken = true;
    const confirm = async (): Promise<void> => {
      if (broken) throw new Error('the disk is full');
    };
    const nothing = async (): Promise<void> => undefined;
    const reserve = defineOperation({
      name: 'charge',
      tcc: { schema: z.any(), try: { one: nothing }, confirm: { one: confirm }, cancel: { one: nothing } },
    });
    const process = world.process([reserve]);
    const { gtx, prepare, commit } = await world.branch();
    await process.deliver(prepare());

    await process.take(commit);
    expect([process.replies.length, await rowOf(world.server, gtx)]).toEqual([1, 'PREPARED']);

    broken = false;
    expect(await process.deliver(commit)).toMatchObject([{ type: 'ACK', state: 'COMMITTED' }]);
    expect(await rowOf(world.server, gtx)).toBe('COMMITTED');
  });
});
