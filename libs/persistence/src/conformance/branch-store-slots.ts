import { describe, expect, it } from '@jest/globals';
import {
  anyGtx,
  gidOf,
  keyOf,
  lookAt,
  prepareWork,
  rowOf,
  store,
  type MakeWorld,
} from './branch-store-world.js';

export function branchStoreSlots(makeWorld: MakeWorld): void {
  describe('slots for prepared transactions', () => {
    it('are shared by the server: exhausted is SLOTS, and one that is finished is free again', async () => {
      const world = await makeWorld({ slots: 2 });
      const branches = world.open();
      const keys = [keyOf(anyGtx()), keyOf(anyGtx())] as const;
      for (const key of keys) await prepareWork(world, branches, key, key.gtx);
      const late = keyOf(anyGtx());
      const tx = await world.open({ database: 'two' }).begin();
      await tx.insertRows([rowOf(late)]);

      await expect(tx.prepare(gidOf(late))).rejects.toMatchObject({ code: 'SLOTS', ambiguous: false });
      await tx.rollback();
      await branches.rollbackPrepared(gidOf(keys[0]));
      await prepareWork(world, branches, late, late.gtx);

      expect((await branches.preparedGids()).map(({ gtx }) => gtx)).toEqual([keys[1].gtx, late.gtx]);
      expect(await branches.maxPreparedTransactions()).toBe(2);
      for (const key of [keys[1], late]) await branches.rollbackPrepared(gidOf(key));
      await world.close();
    });

    it('none at all: prepare says DISABLED, everything else works', async () => {
      const world = await makeWorld({ slots: 0 });
      const branches = world.open();
      const key = keyOf(anyGtx());
      const tx = await branches.begin();
      await tx.insertRows([rowOf(key)]);

      await expect(tx.prepare(gidOf(key))).rejects.toMatchObject({ code: 'DISABLED', ambiguous: false });
      await store(branches, rowOf(key));

      expect(await branches.maxPreparedTransactions()).toBe(0);
      expect((await lookAt(branches, key)).row).toMatchObject({ state: 'PREPARED' });
      await world.close();
    });
  });
}
