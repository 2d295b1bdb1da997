import { describe, expect, it } from '@jest/globals';
import type { BranchKey, RowMove } from '../port/branch-store.js';
import {
  anyGtx,
  gidOf,
  keyOf,
  lookAt,
  rowOf,
  store,
  workOf,
  type BranchStoreWorld,
} from './branch-store-world.js';

const commitOf = (key: BranchKey): RowMove => ({ key, from: ['PREPARED'], to: 'COMMITTED' });

/** Local transactions that are opened together with their first statements. */
export function branchStoreOpened(world: () => BranchStoreWorld): void {
  describe('beginAccepting', () => {
    it('accepts rows and runs statements of handlers in one local transaction', async () => {
      const branches = world().open();
      const [key, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      const writing = [key, other].map(({ gtx }) => world().writing(gtx, 'held'));

      const { tx, first, answers } = await branches.beginAccepting([rowOf(key), rowOf(other)], writing);
      expect(first).toEqual(['fresh', 'fresh']);
      expect(answers).toEqual([[{ key: key.gtx }], [{ key: other.gtx }]]);
      expect(await world().read(key.gtx)).toBeNull();

      await tx.commit();
      expect(await world().read(other.gtx)).toBe('held');
      expect((await lookAt(branches, key)).row).toMatchObject({ state: 'PREPARED' });
    });

    it('runs the statements whatever became of the rows, for the caller to roll back', async () => {
      const branches = world().open();
      const [fresh, known, fenced] = [keyOf(anyGtx()), keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(known));
      await store(branches, rowOf({ ...fenced, attempt: 2 }));

      const rows = [rowOf(fenced), rowOf(known), rowOf(fresh)];
      const { tx, first, answers } = await branches.beginAccepting(rows, [
        world().writing(fresh.gtx, 'held'),
      ]);
      expect(first).toEqual(['fenced', 'duplicate', 'fresh']);
      expect(answers).toEqual([[{ key: fresh.gtx }]]);

      await tx.rollback();
      expect(await world().read(fresh.gtx)).toBeNull();
      expect((await lookAt(branches, fresh)).row).toBeNull();
    });

    it('leaves nothing open where a statement fails', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      const statements = [world().writing(key.gtx, 'held'), world().failing()];

      await expect(branches.beginAccepting([rowOf(key)], statements)).rejects.toMatchObject({
        code: 'OTHER',
      });
      const { tx, first } = await branches.beginAccepting([rowOf(key)], [world().writing(key.gtx, 'again')]);
      await tx.commit();

      expect(first).toEqual(['fresh']);
      expect(await world().read(key.gtx)).toBe('again');
    });

    it('opens a local transaction like any other', async () => {
      const key = keyOf(anyGtx());
      const { tx, answers } = await world()
        .open()
        .beginAccepting([rowOf(key)], []);

      expect(answers).toEqual([]);
      await world().put(tx.client, key.gtx, 'held');
      expect(await tx.run(world().writing(key.gtx, 'more'))).toEqual([{ key: key.gtx }]);
      expect(await tx.moveRows([commitOf(key)])).toMatchObject([{ moved: true }]);
      await tx.commit();
      expect(await world().read(key.gtx)).toBe('more');
    });
  });

  describe('beginMoving', () => {
    it('moves rows and runs statements of handlers in one local transaction', async () => {
      const branches = world().open();
      const [key, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      for (const one of [key, other]) await store(branches, rowOf(one));

      const moves = [commitOf(other), commitOf(key)];
      const { tx, first, answers } = await branches.beginMoving(moves, [world().writing(key.gtx, 'paid')]);
      expect({ first, answers }).toEqual({ first: true, answers: [[{ key: key.gtx }]] });
      await tx.commit();

      expect((await lookAt(branches, other)).row).toMatchObject({ state: 'COMMITTED' });
      expect(await world().read(key.gtx)).toBe('paid');
    });

    it.each(['ABORTED', null] as const)('says so where a row did not move (%s)', async (state) => {
      const branches = world().open();
      const [prepared, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(prepared));
      if (state) await store(branches, rowOf(other, { state }));

      const moves = [commitOf(prepared), commitOf(other)];
      const { tx, first } = await branches.beginMoving(moves, [world().writing(other.gtx, 'paid')]);
      expect(first).toBe(false);
      await tx.rollback();

      expect((await lookAt(branches, prepared)).row).toMatchObject({ state: 'PREPARED' });
      expect(await world().read(other.gtx)).toBeNull();
    });
  });

  describe('moveAndCommit', () => {
    it('moves rows, runs statements of handlers, and commits', async () => {
      const branches = world().open();
      const [key, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      for (const one of [key, other]) await store(branches, rowOf(one));

      const moves = [commitOf(other), commitOf(key)];
      expect(await branches.moveAndCommit(moves, [world().writing(key.gtx, 'paid')])).toBe(true);

      for (const one of [key, other])
        expect((await lookAt(branches, one)).row).toMatchObject({ state: 'COMMITTED' });
      expect(await world().read(key.gtx)).toBe('paid');
    });

    it.each(['ABORTED', null] as const)('does nothing where a row did not move (%s)', async (state) => {
      const branches = world().open();
      const [prepared, other] = [keyOf(anyGtx()), keyOf(anyGtx())];
      await store(branches, rowOf(prepared));
      if (state) await store(branches, rowOf(other, { state }));

      const moves = [commitOf(prepared), commitOf(other)];
      expect(await branches.moveAndCommit(moves, [world().writing(other.gtx, 'paid')])).toBe(false);

      expect((await lookAt(branches, prepared)).row).toMatchObject({ state: 'PREPARED' });
      expect(await world().read(other.gtx)).toBeNull();
      expect(await branches.moveAndCommit([commitOf(prepared)], [])).toBe(true);
    });

    it('does nothing where a statement fails, and leaves nothing open', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf(key));
      const statements = [world().writing(key.gtx, 'paid'), world().failing()];

      await expect(branches.moveAndCommit([commitOf(key)], statements)).rejects.toMatchObject({
        code: 'OTHER',
        ambiguous: false,
      });
      expect(await world().read(key.gtx)).toBeNull();

      expect(await branches.moveAndCommit([commitOf(key)], [world().writing(key.gtx, 'again')])).toBe(true);
      expect(await world().read(key.gtx)).toBe('again');
    });
  });

  describe('beginRecording', () => {
    it('runs the statement and records what it did', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());

      const { tx, first, answers } = await branches.beginRecording(
        workOf(key),
        world().writing(key.gtx, 'charged'),
      );
      expect({ first, answers }).toEqual({ first: 'COMMITTED', answers: [[{ key: key.gtx }]] });
      await tx.prepare(gidOf(key));
      expect(await lookAt(branches, key)).toMatchObject({ gid: true, row: null });

      await branches.commitPrepared(gidOf(key));
      expect(await world().read(key.gtx)).toBe('charged');
    });

    it('finds out that a statement wrote nothing', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());

      const { tx, first } = await branches.beginRecording(workOf(key), world().reading(key.gtx));
      expect(first).toBe('READ_ONLY');
      await tx.commit();
      expect((await lookAt(branches, key)).row).toMatchObject({ state: 'READ_ONLY' });
    });

    it('records nothing under a higher fence', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf({ ...key, attempt: 2 }));

      const { tx, first } = await branches.beginRecording(workOf(key), world().writing(key.gtx, 'charged'));
      expect(first).toBe('fenced');
      await tx.rollback();
      expect((await lookAt(branches, key)).row).toBeNull();
    });

    it('reports a row of another copy, and leaves nothing open', async () => {
      const branches = world().open();
      const key = keyOf(anyGtx());
      await store(branches, rowOf(key));

      const twice = branches.beginRecording(workOf(key), world().writing(key.gtx, 'charged'));
      await expect(twice).rejects.toMatchObject({ code: 'DUPLICATE' });
      expect(await world().read(key.gtx)).toBeNull();
      const tx = await branches.begin();
      await world().put(tx.client, key.gtx, 'free');
      await tx.commit();
    });
  });
}
