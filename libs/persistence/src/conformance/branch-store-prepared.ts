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

export function branchStorePrepared(world: () => BranchStoreWorld): void {
  describe('prepare', () => {
    it('B2 hides its rows until commitPrepared, and shows the gid instead', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);

      const prepared = await lookAt(branches, key);
      const businessBefore = await world().read(key.gtx);
      const answer = await branches.commitPrepared(gid);

      expect(prepared).toEqual({ key, maxAttempt: 0, row: null, earlier: [], gid: true });
      expect(businessBefore).toBeNull();
      expect(answer).toBe('done');
      expect(await lookAt(branches, key)).toMatchObject({
        maxAttempt: 1,
        row: { state: 'COMMITTED' },
        gid: false,
      });
      expect(await world().read(key.gtx)).toBe('charged');
    });

    it('leaves no trace after rollbackPrepared', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);

      expect(await branches.rollbackPrepared(gid)).toBe('done');

      expect(await lookAt(branches, key)).toEqual({ key, maxAttempt: 0, row: null, earlier: [], gid: false });
      expect(await world().read(key.gtx)).toBeNull();
    });

    it('B1 outlives kill -9 of the process and of the server, and can be committed afterwards', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);

      await world().crash(branches);
      await world().crashServer();

      const restarted = world().open();
      expect((await lookAt(restarted, key)).gid).toBe(true);
      expect(await restarted.commitPrepared(gid)).toBe('done');
      expect(await world().read(key.gtx)).toBe('charged');
    });

    it('B1 a finished one stays finished over a crash of the server', async () => {
      const branches = world().open();
      const [committed, aborted] = [keyOf(anyGtx()), keyOf(anyGtx())];
      await prepareWork(world(), branches, committed, committed.gtx);
      await prepareWork(world(), branches, aborted, aborted.gtx);
      await branches.commitPrepared(gidOf(committed));
      await branches.rollbackPrepared(gidOf(aborted));

      await world().crashServer();

      const restarted = world().open();
      expect(await lookAt(restarted, committed)).toMatchObject({ row: { state: 'COMMITTED' }, gid: false });
      expect(await lookAt(restarted, aborted)).toMatchObject({ row: null, gid: false });
    });

    it('a second one under the same gid is DUPLICATE, and the first stays', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);
      const tx = await branches.begin();
      await world().put(tx.client, anyGtx(), 'other');

      await expect(tx.prepare(gid)).rejects.toMatchObject({ code: 'DUPLICATE' });

      expect(await branches.rollbackPrepared(gid)).toBe('done');
    });

    it('hands its connection back clean: the next transaction is a new one', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);

      const next = await branches.begin();

      expect(await next.recordWork(workOf(keyOf(anyGtx())))).toBe('READ_ONLY');
      await next.rollback();
      await branches.rollbackPrepared(gid);
    });
  });

  describe('finishing', () => {
    it('says absent for a gid that is not there, once finished or never prepared', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);
      await branches.commitPrepared(gid);

      expect(await branches.commitPrepared(gid)).toBe('absent');
      expect(await branches.rollbackPrepared(gid)).toBe('absent');
      expect(await branches.rollbackPrepared(gidOf(keyOf(anyGtx())))).toBe('absent');
    });

    it('of many racing finishers exactly one is done, the others are told absent or BUSY', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const gid = await prepareWork(world(), branches, key, key.gtx);
      const told = (error: unknown): unknown => (error as { code: unknown }).code;

      const answers = await Promise.all(
        Array.from({ length: 8 }, () => branches.commitPrepared(gid).catch(told)),
      );

      expect(answers.filter((answer) => answer === 'done')).toHaveLength(1);
      expect(answers.filter((answer) => !['done', 'absent', 'BUSY'].includes(String(answer)))).toEqual([]);
    });
  });

  describe('whose prepared transactions', () => {
    it('B5 two databases of one server hold the same branch under two participants, each finishes its own', async () => {
      const key = keyOf(anyGtx());
      const payments = world().open();
      const inventory = world().open({ participant: 'inventory', database: 'two' });
      for (const [branches, participant] of [
        [payments, 'payments'],
        [inventory, 'inventory'],
      ] as const) {
        const tx = await branches.begin();
        await world().put(tx.client, key.gtx, participant);
        await tx.insertRows([rowOf(key, { style: 'xa', state: 'COMMITTED' })]);
        await tx.prepare(gidOf(key, participant));
      }

      await payments.commitPrepared(gidOf(key));

      expect(await lookAt(payments, key)).toMatchObject({ row: { state: 'COMMITTED' }, gid: false });
      expect(await lookAt(inventory, key)).toMatchObject({ row: null, gid: true });
      expect(await world().read(key.gtx, 'two')).toBeNull();
      await inventory.commitPrepared(gidOf(key, 'inventory'));
      expect(await world().read(key.gtx, 'two')).toBe('inventory');
    });

    it('B5 a gid in another database of the server is neither listed nor seen, and finishing it is refused', async () => {
      const key = keyOf(anyGtx());
      const branches = world().open();
      const elsewhere = world().open({ database: 'two' });
      const gid = await prepareWork(world(), branches, key, key.gtx);

      expect(await elsewhere.preparedGids()).toEqual([]);
      expect((await lookAt(elsewhere, key)).gid).toBe(false);
      await expect(elsewhere.commitPrepared(gid)).rejects.toMatchObject({ code: 'OTHER_DATABASE' });
      expect(await branches.rollbackPrepared(gid)).toBe('done');
    });

    it('B5 foreign gids are never listed, and never touched even when named', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const foreign = [gidOf(key, 'inventory'), `dtm-${key.gtx}`, `concordat:payments:${key.gtx}:x:charge`];
      for (const gid of foreign) await world().prepareForeign(gid);

      expect(await branches.preparedGids()).toEqual([]);
      for (const gid of foreign) {
        await expect(branches.commitPrepared(gid)).rejects.toMatchObject({ code: 'NOT_OWNER' });
        await expect(branches.rollbackPrepared(gid)).rejects.toMatchObject({ code: 'NOT_OWNER' });
      }
      const tx = await branches.begin();
      await expect(tx.prepare(gidOf(key, 'inventory'))).rejects.toMatchObject({ code: 'NOT_OWNER' });
      await tx.rollback();
      expect([...(await world().foreignGids())].sort()).toEqual([...foreign].sort());
    });

    it('lists its own with key and age, oldest first', async () => {
      const branches = world().open();
      const keys = [keyOf(anyGtx()), keyOf(anyGtx(), 'credit', 2)];
      for (const key of keys) await prepareWork(world(), branches, key, key.gtx);

      const listed = await branches.preparedGids();
      for (const key of keys) await branches.rollbackPrepared(gidOf(key));

      expect(listed).toMatchObject(keys.map((key) => ({ ...key, gid: gidOf(key) })));
      for (const each of listed) expect(each.ageMs).toBeGreaterThanOrEqual(0);
    });
  });
}
