/** Shipped bug: recovery met a prepared transaction of another role or database, failed on it each time, and never came to its own. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noMetrics, silentLog, systemClock, systemRandom } from '#observability';
import { createPostgresBranchStore } from '#persistence';
import { formatGid, Decision } from '#protocol';
import { WatchedDatabase } from '../../../apps/watchdog/src/participants/watched-database.js';
import { balanceOf, charge } from '../participant/payments.js';
import { PaymentsWorld } from './payments-world.js';

let world: PaymentsWorld;
beforeAll(async () => {
  world = await PaymentsWorld.start();
});
afterAll(() => world.end());

const gidOf = (gtx: string): string => formatGid({ participant: 'payments', gtx, attempt: 1, branch: 'b' });

/** Under our own name: of another role, in another database; and one that is no gid of ours at all. */
async function plantOrphans(): Promise<readonly (readonly [database: string, gid: string])[]> {
  const orphans = [
    ['one', gidOf(systemRandom.uuidv7())],
    ['two', gidOf(systemRandom.uuidv7())],
    ['one', "somebody else's"],
  ] as const;
  for (const [database, gid] of orphans)
    await world.server.query(database, `BEGIN; PREPARE TRANSACTION '${gid.replaceAll("'", "''")}'`);
  return orphans;
}

const preparedNow = async (): Promise<readonly string[]> =>
  (await world.server.query<{ gid: string }>('one', 'SELECT gid FROM pg_prepared_xacts')).map(
    ({ gid }) => gid,
  );

describe('orphans of other owners', () => {
  it('keep neither the participant nor the watchdog from ending its own, and are left alone', async () => {
    const orphans = (await plantOrphans()).map(([, gid]) => gid);
    const { gtx, prepare, commit } = await world.branch();
    const second = await world.branch();
    const victim = world.process();
    await victim.deliver(prepare(), second.prepare());

    const heir = world.process([charge]);
    await heir.participant.start();
    expect(await heir.deliver(commit)).toContainEqual(
      expect.objectContaining({ type: 'ACK', gtx, state: 'COMMITTED' }),
    );
    await heir.participant.stop();

    const store = createPostgresBranchStore({
      ...{ participant: 'payments', url: world.server.url('one', 'payments'), log: silentLog },
    });
    const deps = { clock: systemClock, log: silentLog, metrics: noMetrics, ledgerEpoch: async () => 1 };
    const watched = new WatchedDatabase('payments', store, deps);
    expect((await watched.preparedGids()).map(({ gid }) => gid)).toEqual([gidOf(second.gtx)]);
    const foreign = { gtx: orphans[0]!.split(':')[2]!, attempt: 1, branch: 'b' };
    expect(await watched.finish(foreign, Decision.Commit)).toBeNull();
    expect(await watched.finish({ gtx: second.gtx, attempt: 1, branch: 'b' }, Decision.Commit)).toBe(
      'COMMITTED',
    );
    await watched.close();

    expect([await balanceOf(world.server, gtx), await balanceOf(world.server, second.gtx)]).toEqual([90, 90]);
    expect([...(await preparedNow())].sort()).toEqual([...orphans].sort());
  });
});
