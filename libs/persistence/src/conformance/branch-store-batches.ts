import { describe, expect, it } from '@jest/globals';
import { anyGtx, keyOf, lookAt, rowOf, store, type BranchStoreWorld } from './branch-store-world.js';

export function branchStoreBatches(world: () => BranchStoreWorld): void {
  describe('acceptRows', () => {
    it('tells fresh, duplicate and fenced apart in one batch, in the order of the rows', async () => {
      const branches = world().open();
      const [fresh, known, fenced] = [keyOf(anyGtx()), keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(known));
      await store(branches, rowOf({ ...fenced, attempt: 2 }));

      const tx = await branches.begin();
      const answers = await tx.acceptRows([rowOf(fenced), rowOf(known), rowOf(fresh)]);
      await tx.commit();

      expect(answers).toEqual(['fenced', 'duplicate', 'fresh']);
      expect((await lookAt(branches, fenced)).row).toBeNull();
    });

    it('takes a key that comes twice in one batch as fresh once', async () => {
      const key = keyOf(anyGtx());
      const tx = await world().open().begin();

      expect(await tx.acceptRows([rowOf(key), rowOf(key)])).toEqual(['fresh', 'duplicate']);
      await tx.rollback();
    });

    it('of two attempts in one batch accepts the later one only', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const second = { ...key, attempt: 2 };
      const tx = await branches.begin();

      expect(await tx.acceptRows([rowOf(key), rowOf(second)])).toEqual(['fenced', 'fresh']);
      await tx.commit();
      expect(await lookAt(branches, second)).toMatchObject({ maxAttempt: 2, earlier: [] });
    });

    it('keeps an existing row as it is', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf(key, { payload: 'first' }));
      await store(branches, rowOf(key, { payload: 'second', state: 'ABORTED' }));

      expect((await lookAt(branches, key)).row).toMatchObject({ state: 'PREPARED', payload: 'first' });
    });

    it('takes a large batch', async () => {
      const keys = Array.from({ length: 500 }, () => keyOf(anyGtx()));
      const tx = await world().open().begin();
      const answers = await tx.acceptRows(keys.map((key) => rowOf(key)));
      await tx.rollback();

      expect(new Set(answers)).toEqual(new Set(['fresh']));
      expect(answers).toHaveLength(500);
    });

    it('and every other verb takes an empty batch', async () => {
      const branches = world().open();
      const tx = await branches.begin();

      expect(await tx.acceptRows([])).toEqual([]);
      expect(await tx.raiseFences([])).toEqual([]);
      expect(await tx.moveRows([])).toEqual([]);
      await tx.insertRows([]);
      await tx.rollback();
      expect(await branches.look([], { gids: true })).toEqual([]);
      await branches.forget([]);
    });
  });

  describe('fences', () => {
    it('B3 only rise: a lower attempt changes nothing and is told so', async () => {
      const branches = world().open();
      const [fenced, free] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const tx = await branches.begin();
      await tx.raiseFences([{ ...fenced, attempt: 3 }]);
      await tx.commit();

      const next = await branches.begin();
      const raised = await next.raiseFences([{ ...fenced, attempt: 2 }, free, { ...fenced, attempt: 3 }]);
      await next.commit();

      expect(raised).toEqual([false, true, true]);
      expect((await lookAt(branches, fenced)).maxAttempt).toBe(3);
    });

    it('guard a branch, not a transaction', async () => {
      const gtx = anyGtx();
      const branches = world().open();
      await store(branches, rowOf(keyOf(gtx, 'charge', 2)));

      const tx = await branches.begin();
      expect(await tx.raiseFences([keyOf(gtx, 'charge', 1), keyOf(gtx, 'credit', 1)])).toEqual([false, true]);
      await tx.rollback();
    });
  });

  describe('moveRows', () => {
    it('moves rows that are in one of the states named, and shows every row as it is now', async () => {
      const branches = world().open();
      const [prepared, ended, absent] = [keyOf(anyGtx()), keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(prepared));
      await store(branches, rowOf(ended, { state: 'ABORTED' }));

      const tx = await branches.begin();
      const moves = [absent, ended, prepared].map((key) => ({
        key,
        from: ['PREPARED', 'DONE'] as const,
        to: 'COMMITTED' as const,
        output: { receipt: 7 },
      }));
      const answers = await tx.moveRows(moves);
      await tx.commit();

      expect(answers).toMatchObject([
        { moved: false, row: null },
        { moved: false, row: { ...ended, state: 'ABORTED', output: null } },
        {
          moved: true,
          row: { ...prepared, state: 'COMMITTED', payload: { amount: 5 }, output: { receipt: 7 } },
        },
      ]);
      expect((await lookAt(branches, prepared)).row).toMatchObject({
        state: 'COMMITTED',
        output: { receipt: 7 },
      });
    });

    it('moves a row that comes twice in one batch once', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf(key));
      const tx = await branches.begin();
      const move = { key, from: ['PREPARED'], to: 'ABORTED' } as const;

      expect(await tx.moveRows([move, move])).toMatchObject([
        { moved: true, row: { state: 'ABORTED' } },
        { moved: false, row: { state: 'ABORTED' } },
      ]);
      await tx.rollback();
    });

    it('keeps output and error that are not given, and takes away an error that is null', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const error = { code: 'OUT_OF_STOCK', message: 'no tea' };
      await store(branches, rowOf(key, { state: 'DONE', style: 'saga', output: { id: 1 }, error }));
      const tx = await branches.begin();

      const [kept] = await tx.moveRows([{ key, from: ['DONE'], to: 'FAILED' }]);
      const [cleared] = await tx.moveRows([{ key, from: ['FAILED'], to: 'DONE', error: null, output: null }]);
      await tx.rollback();

      expect(kept?.row).toMatchObject({ output: { id: 1 }, error });
      expect(cleared?.row).toMatchObject({ output: null, error: null });
    });
  });

  describe('look', () => {
    it('answers in the order of the keys, with fence, row and earlier attempts', async () => {
      const branches = world().open();
      const [first, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const second = { ...first, attempt: 2 };
      await store(branches, rowOf(first));
      await store(branches, rowOf(second, { style: 'saga', state: 'DONE' }));

      const seen = await branches.look([other, second, first], { gids: false });

      expect(seen).toMatchObject([
        { key: other, maxAttempt: 0, row: null, earlier: [], gid: false },
        {
          key: second,
          maxAttempt: 2,
          row: { attempt: 2, state: 'DONE' },
          earlier: [{ attempt: 1, state: 'PREPARED' }],
        },
        { key: first, maxAttempt: 2, row: { attempt: 1, state: 'PREPARED' }, earlier: [] },
      ]);
    });

    it('hands back every JSON as it was stored', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const payload = {
        text: 'a "b" \\ {c},\n\u0000 \ud800 é 茶 \\u0000',
        numbers: [0, -1.5, 1e21],
        none: null,
        empty: {},
        list: [[], [null]],
      };
      await store(branches, rowOf(key, { payload, output: 'text', error: { code: 'A"B', message: '{}' } }));

      const { row } = await lookAt(branches, key);

      expect(row?.payload).toEqual(payload);
      expect([row?.output, row?.error]).toEqual(['text', { code: 'A"B', message: '{}' }]);
    });

    it('tells age and time of the last change in the words of the port', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf(key, { operation: null, ledgerEpoch: 4 }));

      const { row } = await lookAt(branches, key);

      expect(row?.updatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(row?.ageMs).toBeGreaterThanOrEqual(0);
      expect(row).toMatchObject({ operation: null, ledgerEpoch: 4, style: 'tcc' });
    });
  });
}
