import { plainArray } from '../ledger/arrays.js';
import { branchId, fenceId } from '../../port/branch-key.js';
import type { BranchEvidence, BranchKey, BranchRow } from '../../port/branch-store.js';
import { ROW_COLUMNS, toBranchRow, type RawRow } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

type RowOrFence = RawRow & { readonly max_attempt: number | null };

/** All rows and fences of the transactions, in one snapshot; the few that were not asked for are left out by the caller. */
const rowsAndFences = (gtxs: readonly string[]): Statement => ({
  text: `
    SELECT ${ROW_COLUMNS}, NULL::int AS max_attempt FROM concordat.branch b WHERE b.gtx = ANY($1::uuid[])
    UNION ALL
    SELECT f.gtx, f.branch, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, f.max_attempt
    FROM concordat.fence f WHERE f.gtx = ANY($1::uuid[])`,
  values: [plainArray(gtxs)],
});

export interface Seen {
  readonly rows: ReadonlyMap<string, readonly BranchRow[]>;
  readonly fences: ReadonlyMap<string, number>;
}

/** In sessions of our own, whose plans do not depend on statistics. */
const NAMED = { name: 'concordat_look' };

/**
 * Rows (by branch, attempts ascending) and fences of the given transactions as they are now.
 * @param inOwnSession no handler runs there: the statement is kept
 */
export async function see(run: Run, keys: readonly BranchKey[], inOwnSession: boolean): Promise<Seen> {
  const statement = rowsAndFences([...new Set(keys.map((key) => key.gtx))]);
  const answer = await run<RowOrFence>(inOwnSession ? { ...statement, ...NAMED } : statement);
  const rows = new Map<string, BranchRow[]>();
  const fences = new Map<string, number>();
  for (const raw of answer.rows) {
    if (raw.max_attempt !== null) fences.set(fenceId(raw), raw.max_attempt);
    else rows.set(fenceId(raw), [...(rows.get(fenceId(raw)) ?? []), toBranchRow(raw)]);
  }
  for (const found of rows.values()) found.sort((a, b) => a.attempt - b.attempt);
  return { rows, fences };
}

/** Evidence in the order of `keys`; `gids` holds the branchIds whose gid is prepared. */
export function evidence(
  keys: readonly BranchKey[],
  seen: Seen,
  gids: ReadonlySet<string>,
): BranchEvidence[] {
  return keys.map((key) => {
    const rows = seen.rows.get(fenceId(key)) ?? [];
    return {
      key: { gtx: key.gtx, attempt: key.attempt, branch: key.branch },
      maxAttempt: seen.fences.get(fenceId(key)) ?? 0,
      row: rows.find((row) => row.attempt === key.attempt) ?? null,
      earlier: rows.filter((row) => row.attempt < key.attempt),
      gid: gids.has(branchId(key)),
    };
  });
}
