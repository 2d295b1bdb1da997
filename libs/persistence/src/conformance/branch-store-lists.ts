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

const HOUR_MS = 3_600_000;

export function branchStoreLists(world: () => BranchStoreWorld): void {
  describe('what is in doubt', () => {
    it('lists rows that are PREPARED long enough, oldest first, up to the limit', async () => {
      const branches = world().open();
      const [first, second, ended, young] = [
        keyOf(anyGtx()),
        keyOf(anyGtx()),
        keyOf(anyGtx()),
        keyOf(anyGtx()),
      ];
      await store(branches, rowOf(first));
      await world().age(HOUR_MS);
      await store(branches, rowOf(second));
      await store(branches, rowOf(ended, { state: 'COMMITTED' }));
      await world().age(HOUR_MS);
      await store(branches, rowOf(young));
      const ours = new Set([first, second, ended, young].map(({ gtx }) => gtx));
      const listed = async (olderThanMs: number, limit: number) =>
        (await branches.preparedRows({ olderThanMs, limit }))
          .filter(({ gtx }) => ours.has(gtx))
          .map(({ gtx }) => gtx);

      expect(await listed(HOUR_MS / 2, 1_000)).toEqual([first.gtx, second.gtx]);
      expect(await listed(0, 1_000)).toEqual([first.gtx, second.gtx, young.gtx]);
      expect(await branches.preparedRows({ olderThanMs: 0, limit: 1 })).toHaveLength(1);
    });
  });

  describe('listing', () => {
    it('pages newest first by a cursor, filtered by state', async () => {
      const branches = world().open();
      const keys = Array.from({ length: 5 }, () => keyOf(anyGtx()));
      for (const key of keys) await store(branches, rowOf(key, { style: 'saga', state: 'FAILED' }));
      await store(branches, rowOf(keyOf(anyGtx())));

      const first = await branches.listRows({ state: 'FAILED' }, { limit: 3, cursor: null });
      const rest = await branches.listRows({ state: 'FAILED' }, { limit: 3, cursor: first.nextCursor });

      expect([...first.items, ...rest.items].map(({ gtx }) => gtx)).toEqual(
        keys.map(({ gtx }) => gtx).reverse(),
      );
      expect(rest.nextCursor).toBeNull();
    });

    it('shows every attempt and branch of one transaction', async () => {
      const branches = world().open();
      const gtx = anyGtx();
      for (const key of [keyOf(gtx, 'a'), keyOf(gtx, 'b'), keyOf(gtx, 'b', 2)])
        await store(branches, rowOf(key));

      const { items } = await branches.listRows({ gtx }, { limit: 10, cursor: null });

      expect(items.map(({ branch, attempt }) => `${branch}${attempt}`)).toEqual(['b2', 'b1', 'a1']);
    });

    it('refuses a cursor that is none', async () => {
      await expect(world().open().listRows({}, { limit: 1, cursor: 'nonsense' })).rejects.toThrow(RangeError);
    });
  });

  describe('forgetting', () => {
    it('drops payload and output, keeps the state, and leaves alone what is in doubt', async () => {
      const branches = world().open();
      const [ended, prepared] = [keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(ended, { state: 'COMMITTED', output: { receipt: 7 } }));
      await store(branches, rowOf(prepared));

      await branches.forget([ended, prepared, keyOf(anyGtx())]);

      expect((await lookAt(branches, ended)).row).toMatchObject({
        state: 'COMMITTED',
        payload: null,
        output: null,
      });
      expect((await lookAt(branches, prepared)).row).toMatchObject({
        state: 'PREPARED',
        payload: { amount: 5 },
      });
    });
  });

  describe('garbage collection', () => {
    it('deletes ended rows with their fences after the retention, never what is in doubt', async () => {
      const branches = world().open();
      const [ended, prepared, young] = [keyOf(anyGtx()), keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(ended, { state: 'COMMITTED' }));
      await store(branches, rowOf(prepared));
      await world().age(HOUR_MS);
      await store(branches, rowOf(young, { state: 'COMMITTED' }));

      while ((await branches.collectGarbage({ retentionMs: HOUR_MS / 2, limit: 100 })) > 0);

      expect(await lookAt(branches, ended)).toMatchObject({ row: null, maxAttempt: 0 });
      expect(await lookAt(branches, prepared)).toMatchObject({ row: { state: 'PREPARED' }, maxAttempt: 1 });
      expect(await lookAt(branches, young)).toMatchObject({ row: { state: 'COMMITTED' }, maxAttempt: 1 });
    });

    it('keeps an action that may still be compensated, and what waits for an operator, until it is forgotten', async () => {
      const branches = world().open();
      const rows = (['DONE', 'LOST', 'HEUR_COMMITTED'] as const).map((state) =>
        rowOf(keyOf(anyGtx()), { state }),
      );
      for (const row of rows) await store(branches, row);
      await world().age(HOUR_MS);
      const left = async () => {
        while ((await branches.collectGarbage({ retentionMs: HOUR_MS / 2, limit: 100 })) > 0);
        const seen = await branches.look(rows, { gids: false });
        return seen.filter(({ row }) => row !== null).length;
      };

      expect(await left()).toBe(3);
      await branches.forget(rows);
      expect(await left()).toBe(0);
    });

    it('keeps a fence while any attempt of its branch has a row', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf(key, { state: 'ABORTED' }));
      await store(branches, rowOf({ ...key, attempt: 2 }, { style: 'saga', state: 'DONE' }));
      await world().age(HOUR_MS);

      while ((await branches.collectGarbage({ retentionMs: HOUR_MS / 2, limit: 100 })) > 0);

      expect(await lookAt(branches, { ...key, attempt: 2 })).toMatchObject({ maxAttempt: 2, earlier: [] });
    });

    it('does not wait for rows that somebody works on', async () => {
      const branches = world().open({ patient: true });
      const key = keyOf(anyGtx());
      await prepareWork(world(), branches, key, key.gtx);
      const done = keyOf(anyGtx());
      await store(branches, rowOf(done, { state: 'ABORTED' }));
      await world().age(HOUR_MS);
      const tx = await branches.begin();
      await tx.moveRows([{ key: done, from: ['ABORTED'], to: 'ABORTED' }]);

      await branches.collectGarbage({ retentionMs: HOUR_MS / 2, limit: 100 });

      await tx.rollback();
      expect((await lookAt(branches, done)).row).not.toBeNull();
      await branches.rollbackPrepared(gidOf(key));
    });
  });

  describe('the server', () => {
    it('answers a ping, and how many prepared transactions it can hold', async () => {
      const branches = world().open();

      await branches.ping();

      expect(await branches.maxPreparedTransactions()).toBeGreaterThan(0);
    });
  });
}
