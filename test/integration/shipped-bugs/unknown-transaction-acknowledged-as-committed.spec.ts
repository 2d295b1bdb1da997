/** Shipped bug: a participant that knew nothing of a transaction acknowledged its COMMIT as done; the effect was lost and nobody knew. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { balanceOf, rowOf } from '../participant/payments.js';
import { PaymentsWorld } from './payments-world.js';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await PaymentsWorld.start();
});
afterAll(() => world.end());

describe('COMMIT of a transaction the participant knows nothing of', () => {
  it('is acknowledged as LOST, never as committed, however often it comes', async () => {
    const { gtx, commit } = await world.branch();
    const process = world.process();

    expect(await process.deliver(commit)).toMatchObject([{ type: 'ACK', state: 'LOST' }]);
    expect(await process.deliver(commit)).toMatchObject([{ type: 'ACK', state: 'LOST' }]);
    expect([await rowOf(world.server, gtx), await balanceOf(world.server, gtx)]).toEqual(['LOST', 100]);
  });

  it('keeps a PREPARE that comes late from preparing what nobody would end', async () => {
    const { gtx, commit, prepare } = await world.branch();
    const process = world.process();
    await process.deliver(commit);

    const [reply] = await process.deliver(prepare());

    expect(reply).not.toMatchObject({ vote: 'YES' });
    expect([await rowOf(world.server, gtx), await balanceOf(world.server, gtx)]).toEqual(['LOST', 100]);
  });
});
