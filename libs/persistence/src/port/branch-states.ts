import type { RowState } from './branch-store.js';

/**
 * Rows in these states are dropped once the retention is over. The others are not: PREPARED is in doubt, a DONE action may
 * still have to be compensated, LOST and HEUR_* wait for an operator. They go only after FORGET.
 */
export const ENDED_STATES: readonly RowState[] = [
  'READ_ONLY',
  'COMMITTED',
  'ABORTED',
  'FAILED',
  'COMPENSATED',
  'NULL_COMPENSATED',
];
