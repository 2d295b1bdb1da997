import { fenceId, highestPerFence } from '../../port/branch-key.js';
import type { BranchKey } from '../../port/branch-store.js';
import { keyColumns } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

/**
 * The upsert that decides whether an attempt may still work here: 0 rows = a higher fence stands. It tests and raises in
 * one step, also against a fence that a concurrent transaction committed after this statement began.
 * An equal attempt rewrites the row, which is what locks it.
 */
export const FENCE_UPSERT = `
  INSERT INTO concordat.fence AS f (gtx, branch, max_attempt)
  SELECT gtx, branch, attempt FROM k
  ON CONFLICT (gtx, branch) DO UPDATE SET max_attempt = excluded.max_attempt
    WHERE f.max_attempt <= excluded.max_attempt
  RETURNING f.gtx, f.branch`;

const raise = (keys: readonly BranchKey[]): Statement => ({
  name: 'concordat_raise_fences',
  text: `WITH k AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[]) AS k(gtx, branch, attempt)) ${FENCE_UPSERT}`,
  values: keyColumns(keys),
});

/** Per key, whether its fence was raised (or stood there already). Of two attempts in one batch the lower one is fenced. */
export async function raiseFences(run: Run, keys: readonly BranchKey[]): Promise<boolean[]> {
  const asked = highestPerFence(keys);
  const { rows } = await run<Pick<BranchKey, 'gtx' | 'branch'>>(raise(asked));
  const raised = new Set(rows.map(fenceId));
  const attempts = new Map(asked.map((key) => [fenceId(key), key.attempt]));
  return keys.map((key) => raised.has(fenceId(key)) && attempts.get(fenceId(key)) === key.attempt);
}
