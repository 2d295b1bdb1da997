import { describe, expect, it } from '@jest/globals';
import {
  anyGtx,
  gidOf,
  keyOf,
  lookAt,
  prepareWork,
  rowOf,
  workOf,
  type BranchStoreWorld,
} from './branch-store-world.js';

export function branchStoreTransactions(world: () => BranchStoreWorld): void {
  describe('a local transaction', () => {
    it('B1 what was committed outlives a crash of the process and of the server', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const tx = await branches.begin();
      await tx.acceptRows([rowOf(key)]);
      await world().put(tx.client, key.gtx, 'held');
      await tx.commit();

      await world().crash(branches);
      await world().crashServer();

      expect((await lookAt(world().open(), key)).row).toMatchObject({
        state: 'PREPARED',
        payload: { amount: 5 },
      });
      expect(await world().read(key.gtx)).toBe('held');
    });

    it('B2 shows its rows and its business data to others only after commit', async () => {
      const key = keyOf(anyGtx());
      const other = world().open();
      const tx = await world().open().begin();
      await tx.acceptRows([rowOf(key)]);
      await world().put(tx.client, key.gtx, 'held');

      const before = await lookAt(other, key);
      const businessBefore = await world().read(key.gtx);
      await tx.commit();

      expect(before).toEqual({ key, maxAttempt: 0, row: null, earlier: [], gid: false });
      expect(businessBefore).toBeNull();
      expect(await lookAt(other, key)).toMatchObject({ maxAttempt: 1, row: { ...key, state: 'PREPARED' } });
      expect(await world().read(key.gtx)).toBe('held');
    });

    it('leaves nothing behind after rollback, and may be rolled back again', async () => {
      const key = keyOf(anyGtx());
      const branches = world().open();
      const tx = await branches.begin();
      await tx.acceptRows([rowOf(key)]);
      await world().put(tx.client, key.gtx, 'held');

      await tx.rollback();
      await tx.rollback();

      expect(await lookAt(branches, key)).toMatchObject({ maxAttempt: 0, row: null });
      expect(await world().read(key.gtx)).toBeNull();
    });

    it('rollback after commit or prepare takes nothing back', async () => {
      const branches = world().open();
      const [committed, prepared] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const first = await branches.begin();
      await first.acceptRows([rowOf(committed)]);
      await first.commit();
      const second = await branches.begin();
      await second.insertRows([rowOf(prepared)]);
      await second.prepare(gidOf(prepared));

      await first.rollback();
      await second.rollback();

      expect((await lookAt(branches, committed)).row).not.toBeNull();
      expect((await lookAt(branches, prepared)).gid).toBe(true);
      await branches.rollbackPrepared(gidOf(prepared));
    });

    it('ends with the process that opened it', async () => {
      const key = keyOf(anyGtx());
      const doomed = world().open();
      const tx = await doomed.begin();
      await tx.acceptRows([rowOf(key)]);

      await world().crash(doomed);

      const branches = world().open({ patient: true });
      const next = await branches.begin();
      expect(await next.acceptRows([rowOf(key)])).toEqual(['fresh']);
      await next.rollback();
    });

    it('is rolled back when its store is closed', async () => {
      const key = keyOf(anyGtx());
      const leaving = world().open();
      const tx = await leaving.begin();
      await tx.acceptRows([rowOf(key)]);

      await leaving.close();

      await expect(tx.commit()).rejects.toMatchObject({ name: 'StoreError' });
      expect((await lookAt(world().open(), key)).row).toBeNull();
    });

    it('verbs of a transaction whose connection was lost say UNAVAILABLE, and rollback does not throw', async () => {
      const doomed = world().open();
      const tx = await doomed.begin();
      await tx.acceptRows([rowOf(keyOf(anyGtx()))]);

      await world().crash(doomed);

      await expect(tx.acceptRows([rowOf(keyOf(anyGtx()))])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(tx.rollback()).resolves.toBeUndefined();
    });

    it('records work as READ_ONLY unless something was written before', async () => {
      const branches = world().open();
      const [read, wrote] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const tx = await branches.begin();
      await world().get(tx.client, read.gtx);
      const answers = [await tx.recordWork(workOf(read)), await tx.recordWork(workOf(wrote))];
      await tx.commit();

      expect(answers).toEqual(['READ_ONLY', 'COMMITTED']);
      expect(await lookAt(branches, read)).toMatchObject({ maxAttempt: 1, row: { state: 'READ_ONLY' } });
      expect(await lookAt(branches, wrote)).toMatchObject({ maxAttempt: 1, row: { state: 'COMMITTED' } });
    });

    it('records work as COMMITTED where the handler wrote', async () => {
      const key = keyOf(anyGtx());
      const tx = await world().open().begin();
      await world().put(tx.client, key.gtx, 'held');

      expect(await tx.recordWork(workOf(key))).toBe('COMMITTED');
      await tx.rollback();
    });

    it('records no work behind a higher fence, and none twice', async () => {
      const branches = world().open();
      const [fenced, known] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const first = await branches.begin();
      await first.raiseFences([{ ...fenced, attempt: 2 }]);
      await first.recordWork(workOf(known));
      await first.commit();
      const tx = await branches.begin();

      expect(await tx.recordWork(workOf(fenced))).toBe('fenced');
      await expect(tx.recordWork(workOf(known))).rejects.toMatchObject({ code: 'DUPLICATE' });
      await tx.rollback();
      expect(await lookAt(branches, fenced)).toMatchObject({ maxAttempt: 2, row: null });
    });
  });

  describe('an aborted block', () => {
    it('B6 prepare says ABORTED, and nothing is prepared', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const tx = await branches.begin();
      await tx.insertRows([rowOf(key)]);
      await expect(world().failStatement(tx.client)).rejects.toThrow();

      await expect(tx.prepare(gidOf(key))).rejects.toMatchObject({ code: 'ABORTED', ambiguous: false });

      expect(await lookAt(branches, key)).toMatchObject({ gid: false, row: null });
    });

    it('commit says ABORTED too', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const tx = await branches.begin();
      await tx.acceptRows([rowOf(key)]);
      await expect(world().failStatement(tx.client)).rejects.toThrow();

      await expect(tx.commit()).rejects.toMatchObject({ code: 'ABORTED', ambiguous: false });

      expect((await lookAt(branches, key)).row).toBeNull();
    });

    it('after any failed verb there is only rollback, and the store goes on', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await prepareWork(world(), branches, key, key.gtx);
      await branches.commitPrepared(gidOf(key));
      const tx = await branches.begin();

      await expect(tx.insertRows([rowOf(key)])).rejects.toMatchObject({ code: 'DUPLICATE' });
      await expect(tx.raiseFences([key])).rejects.toMatchObject({ code: 'OTHER' });
      await tx.rollback();

      expect((await lookAt(branches, key)).row).toMatchObject({ state: 'COMMITTED' });
    });
  });
}
