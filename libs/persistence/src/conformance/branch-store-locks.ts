import { describe, expect, it } from '@jest/globals';
import {
  anyGtx,
  gidOf,
  keyOf,
  lookAt,
  prepareWork,
  rowOf,
  store,
  type BranchStoreWorld,
} from './branch-store-world.js';

export function branchStoreLocks(world: () => BranchStoreWorld): void {
  describe('two transactions with the same key', () => {
    it('B4 a second insert ends in LOCK_TIMEOUT while the first is open', async () => {
      const key = keyOf(anyGtx());
      const first = await world().open().begin();
      await first.insertRows([rowOf(key)]);
      const second = await world().open().begin();

      await expect(second.insertRows([rowOf(key)])).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        sqlState: '55P03',
      });

      await second.rollback();
      await first.rollback();
    });

    it('B4 a second insert waits, and is DUPLICATE once the first commits', async () => {
      const key = keyOf(anyGtx());
      const first = await world().open().begin();
      await first.insertRows([rowOf(key)]);
      const second = await world().open({ patient: true }).begin();
      const waiting = second.insertRows([rowOf(key)]);
      const outcome = expect(waiting).rejects.toMatchObject({ code: 'DUPLICATE' });
      await world().untilWaiting(1);

      await first.commit();

      await outcome;
      await second.rollback();
    });

    it('B4 a second insert waits, and succeeds when the first is rolled back', async () => {
      const key = keyOf(anyGtx());
      const first = await world().open().begin();
      await first.insertRows([rowOf(key)]);
      const branches = world().open({ patient: true });
      const second = await branches.begin();
      const waiting = second.insertRows([rowOf(key)]);
      await world().untilWaiting(1);

      await first.rollback();
      await waiting;
      await second.commit();

      expect((await lookAt(branches, key)).row).not.toBeNull();
    });

    it('a copy of an uncommitted acceptance is LOCK_TIMEOUT, never fresh', async () => {
      const row = rowOf(keyOf(anyGtx()));
      const first = await world().open().begin();
      expect(await first.acceptRows([row])).toEqual(['fresh']);
      const second = await world().open().begin();

      await expect(second.acceptRows([row])).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });

      await second.rollback();
      await first.rollback();
    });

    it('a copy of an acceptance waits, and is a duplicate once the first commits', async () => {
      const row = rowOf(keyOf(anyGtx()));
      const first = await world().open().begin();
      await first.acceptRows([row]);
      const second = await world().open({ patient: true }).begin();
      const waiting = second.acceptRows([row]);
      await world().untilWaiting(1);

      await first.commit();

      expect(await waiting).toEqual(['duplicate']);
      await second.rollback();
    });

    it('a copy of an acceptance is fresh once the first is rolled back', async () => {
      const row = rowOf(keyOf(anyGtx()));
      const first = await world().open().begin();
      await first.acceptRows([row]);
      const second = await world().open({ patient: true }).begin();
      const waiting = second.acceptRows([row]);
      await world().untilWaiting(1);

      await first.rollback();

      expect(await waiting).toEqual(['fresh']);
      await second.rollback();
    });

    it('an acceptance that waited for a higher fence is fenced by it', async () => {
      const key = keyOf(anyGtx());
      const action = await world().open().begin();
      await action.raiseFences([{ ...key, attempt: 2 }]);
      const late = await world().open({ patient: true }).begin();
      const waiting = late.acceptRows([rowOf(key)]);
      await world().untilWaiting(1);

      await action.commit();

      expect(await waiting).toEqual(['fenced']);
      await late.rollback();
    });

    it('a row that waited for another mover is not moved again, and is shown as that one left it', async () => {
      const key = keyOf(anyGtx());
      const branches = world().open({ patient: true });
      await store(branches, rowOf(key));
      const first = await branches.begin();
      await first.moveRows([{ key, from: ['PREPARED'], to: 'COMMITTED' }]);
      const second = await branches.begin();
      const waiting = second.moveRows([{ key, from: ['PREPARED'], to: 'ABORTED' }]);
      await world().untilWaiting(1);

      await first.commit();

      expect(await waiting).toMatchObject([{ moved: false, row: { state: 'COMMITTED' } }]);
      await second.rollback();
    });

    it('batches with common keys in any order wait for each other and do not deadlock', async () => {
      const [a, b] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const [gate, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const branches = world().open({ patient: true });
      const holder = await branches.begin();
      await holder.raiseFences([a, gate]);
      const [first, second] = [await branches.begin(), await branches.begin()];
      const batches = Promise.all([
        first
          .acceptRows([rowOf(b), rowOf(gate), rowOf(a)])
          .then(async (said) => (await first.commit(), said)),
        second
          .acceptRows([rowOf(a), rowOf(other), rowOf(b)])
          .then(async (said) => (await second.commit(), said)),
      ]);
      await world().untilWaiting(2);

      await holder.commit();

      const [one, two] = await batches;
      expect([one[2], two[0]].sort()).toEqual(['duplicate', 'fresh']);
      expect([one[0], two[2]].sort()).toEqual(['duplicate', 'fresh']);
    });

    it('transactions that wait for each other in a circle: one is told DEADLOCK', async () => {
      const [a, b] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const branches = world().open({ patient: true });
      const [first, second] = [await branches.begin(), await branches.begin()];
      await first.raiseFences([a]);
      await second.raiseFences([b]);
      const told = (error: unknown): unknown => error;
      const crossing = first.raiseFences([b]).catch(told);
      await world().untilWaiting(1);
      const closing = second.raiseFences([a]).catch(told);

      const loser = await Promise.race([crossing, closing]);
      await first.rollback();
      await second.rollback();

      expect(loser).toMatchObject({ code: 'DEADLOCK', sqlState: '40P01' });
      await Promise.all([crossing, closing]);
    });

    it('business rows are locked too', async () => {
      const key = keyOf(anyGtx());
      const first = await world().open().begin();
      await world().put(first.client, key.gtx, 'held');
      const second = await world().open().begin();

      await expect(world().put(second.client, key.gtx, 'mine')).rejects.toThrow(/lock timeout/);

      await second.rollback();
      await first.rollback();
    });
  });

  describe('prepared work', () => {
    it('keeps its locks: fence, row and business data answer LOCK_TIMEOUT', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await prepareWork(world(), branches, key, key.gtx);
      const attempts = [
        async () => (await branches.begin()).raiseFences([key]),
        async () => (await branches.begin()).insertRows([rowOf(key)]),
        async () => (await branches.begin()).acceptRows([rowOf({ ...key, attempt: 2 })]),
        async () => world().put((await branches.begin()).client, key.gtx, 'mine'),
      ];

      for (const attempt of attempts) await expect(attempt()).rejects.toThrow(/lock timeout/);

      await branches.rollbackPrepared(gidOf(key));
      await world().crash(branches);
    });

    it('keeps its locks over kill -9 of the server', async () => {
      const key = keyOf(anyGtx());
      await prepareWork(world(), world().open(), key, key.gtx);

      await world().crashServer();

      const branches = world().open();
      const tx = await branches.begin();
      await expect(tx.insertRows([rowOf(key)])).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
      await tx.rollback();
      await branches.rollbackPrepared(gidOf(key));
      const next = await branches.begin();
      expect(await next.acceptRows([rowOf(key)])).toEqual(['fresh']);
      await next.rollback();
    });

    it('lets go of its locks when it is finished', async () => {
      const branches = world().open({ patient: true });
      const key = keyOf(anyGtx());
      await prepareWork(world(), branches, key, key.gtx);
      const tx = await branches.begin();
      const waiting = tx.acceptRows([rowOf({ ...key, attempt: 2 })]);
      await world().untilWaiting(1);

      await branches.rollbackPrepared(gidOf(key));

      expect(await waiting).toEqual(['fresh']);
      await tx.rollback();
    });
  });
}
