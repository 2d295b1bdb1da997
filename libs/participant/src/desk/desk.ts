import type { Clock, FaultPoint, FaultPoints, Log, Metrics } from '#observability';
import type { BranchEvidence, BranchKey, BranchStore } from '#persistence';
import type { Catalog } from '../operations/catalog.js';
import type { EntityManagerFactory } from '../operations/branch-context.js';
import type { KeptBranches } from './kept.js';

/** What every executor works with. */
export interface Desk {
  readonly participant: string;
  readonly store: BranchStore;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly faults: FaultPoints;
  readonly entityManager: EntityManagerFactory | null;
  readonly kept: KeptBranches;
  /** Rows, fence and (where xa is used) gid of one branch; looks of the same moment share their statements. */
  look(key: BranchKey): Promise<BranchEvidence>;
  /** The same without gids. */
  lookRow(key: BranchKey): Promise<BranchEvidence>;
}

/** How often a branch's work is tried while a lock or a duplicate stands in its way and looking again shows nothing. */
export const MAX_TRIES = 2;
/** How often ROLLBACK PREPARED and tombstone, or COMMIT PREPARED and row, are repeated before the coordinator is left to ask again. */
export const MAX_FINISH_ROUNDS = 5;
/** How often a finisher meets "busy" before the same. */
export const BUSY_PAUSE_MS = 20;

/** Waits by the clock of the desk. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}

/** Passes a named fault point for `times` branches; none of them: nothing is passed. */
export async function reach(desk: Desk, point: FaultPoint, times = 1): Promise<void> {
  if (times > 0) await desk.faults.reach(point, times);
}
