/**
 * Session settings of the ledger's pool. Every statement of the hot path reaches `transaction` by its primary key or by a
 * partial index of the live rows; its plan must not depend on statistics, which are missing in the first minutes and stale
 * during a flood. A generic plan is made once per session; with sequential scans and merge joins ruled out it is the nested
 * loop over the index for one row as for a thousand.
 */
export const LEDGER_SESSION: Readonly<Record<string, string>> = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};
