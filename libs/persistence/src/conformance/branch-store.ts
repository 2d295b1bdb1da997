import { afterAll, beforeAll, describe } from '@jest/globals';
import { branchStoreBatches } from './branch-store-batches.js';
import { branchStoreLists } from './branch-store-lists.js';
import { branchStoreLocks } from './branch-store-locks.js';
import { branchStoreOpened } from './branch-store-opened.js';
import { branchStorePrepared } from './branch-store-prepared.js';
import { branchStoreSlots } from './branch-store-slots.js';
import { branchStoreTransactions } from './branch-store-transactions.js';
import type { BranchStoreWorld, MakeWorld } from './branch-store-world.js';

/** What every adapter of {@link BranchStore} promises: invariants B1–B6 and the facts of protocol.md §12 that concern it. */
export function branchStoreConformance(name: string, makeWorld: MakeWorld): void {
  describe(`BranchStore, ${name}`, () => {
    describe('with slots for prepared transactions', () => {
      let made: BranchStoreWorld | undefined;
      const world = (): BranchStoreWorld => {
        if (made === undefined) throw new Error('the world is made before the tests');
        return made;
      };
      beforeAll(async () => {
        made = await makeWorld();
      });
      afterAll(() => made?.close());

      branchStoreTransactions(world);
      branchStoreBatches(world);
      branchStoreOpened(world);
      branchStoreLocks(world);
      branchStorePrepared(world);
      branchStoreLists(world);
    });
    branchStoreSlots(makeWorld);
  });
}
