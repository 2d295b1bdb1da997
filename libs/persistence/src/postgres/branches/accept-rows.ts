import { branchId, fenceId, highestPerFence } from '../../port/branch-key.js';
import type { Acceptance, BranchKey, NewBranchRow } from '../../port/branch-store.js';
import { insertingRows } from './insert-rows.js';
import { FENCE_UPSERT } from './raise-fences.js';
import { columnsOf, INSERT_COLUMNS, UNNEST_ROWS } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

const INSERT = `INSERT INTO concordat.branch (${INSERT_COLUMNS}) SELECT ${INSERT_COLUMNS} FROM k`;

/**
 * Fence and row of many branches in one statement. Locks are taken in the order of the arrays: all fences, then all rows.
 *
 * A concurrent copy of the same batch waits on the first common fence, so of two copies one goes first: if that one commits,
 * the other finds its rows (ON CONFLICT DO NOTHING returns none: duplicate); if it rolls back, the other inserts them.
 * Never both.
 *
 * A fence that this statement made (nobody has updated it: xmax is 0) guards no row yet, since no row is written without its fence. Its
 * row is inserted plainly: ON CONFLICT costs a probe, a lock and a record of WAL a row. Should there be one all the same, the key
 * refuses it.
 *
 * $11: how many fences and rows there are when everything went well; only otherwise they are named.
 *
 * `(… IN (SELECT …)) IS TRUE` stays a hashed lookup whatever the planner believes of the sizes; as a join, the plan kept
 * for 10 rows compares each with each when 1,000 come.
 */
export const accepting = (rows: readonly NewBranchRow[], asked: readonly NewBranchRow[]): Statement => ({
  name: 'concordat_accept_rows',
  text: `
    WITH k AS MATERIALIZED (SELECT * FROM ${UNNEST_ROWS}),
    raised AS (${FENCE_UPSERT}, f.xmax = 0 AS made),
    first AS (
      ${INSERT} WHERE ((gtx, branch) IN (SELECT gtx, branch FROM raised WHERE made)) IS TRUE
      RETURNING gtx, branch),
    later AS (
      ${INSERT} WHERE ((gtx, branch) IN (SELECT gtx, branch FROM raised WHERE NOT made)) IS TRUE
      ON CONFLICT DO NOTHING
      RETURNING gtx, branch),
    passed AS (
      SELECT gtx, branch, false AS added FROM raised
      UNION ALL SELECT gtx, branch, true FROM first UNION ALL SELECT gtx, branch, true FROM later)
    SELECT CASE WHEN (SELECT count(*) FROM passed) < $11::int
      THEN coalesce((SELECT json_agg(passed) FROM passed), '[]') END AS passed`,
  values: [...columnsOf(asked), 2 * rows.length],
});

interface Passed extends Pick<BranchKey, 'gtx' | 'branch'> {
  /** Its row; else its fence. */
  readonly added: boolean;
}

/** One row. null: every fence was raised and every row added, which is the rule and not worth two rows a branch. */
export interface AcceptedRow {
  readonly passed: readonly Passed[] | null;
}

/** Per row what happened; of the same key twice in one batch only the first can be fresh, of two attempts only the higher. */
export async function acceptRows(run: Run, rows: readonly NewBranchRow[]): Promise<Acceptance[]> {
  const asked = highestPerFence(rows);
  const [answer] = (await insertingRows(() => run<AcceptedRow>(accepting(rows, asked)))).rows;
  return acceptances(rows, asked, answer!);
}

/** What the answer to {@link accepting} says of each row. */
export function acceptances(
  rows: readonly NewBranchRow[],
  asked: readonly NewBranchRow[],
  { passed }: AcceptedRow,
): Acceptance[] {
  return passed === null ? rows.map(() => 'fresh') : rows.map(acceptanceBy(asked, passed));
}

function acceptanceBy(
  asked: readonly NewBranchRow[],
  passed: readonly Passed[],
): (row: NewBranchRow) => Acceptance {
  const raised = new Set(passed.filter(({ added }) => !added).map(fenceId));
  const fresh = new Set(passed.filter(({ added }) => added).map(fenceId));
  const unfenced = new Set(asked.filter((row) => raised.has(fenceId(row))).map(branchId));
  return (row) => {
    if (!unfenced.has(branchId(row))) return 'fenced';
    return fresh.delete(fenceId(row)) ? 'fresh' : 'duplicate';
  };
}
