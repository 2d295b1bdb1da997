import type { NewBranchRow, RecordedWork } from '../../port/branch-store.js';
import { insertingRows } from './insert-rows.js';
import { FENCE_UPSERT } from './raise-fences.js';
import { columnsOf, INSERT_COLUMNS, UNNEST_ROWS } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

const VALUES = INSERT_COLUMNS.replace('state', `CASE WHEN wrote THEN state ELSE 'READ_ONLY' END`);

/**
 * Fence and row of what a handler did. Whether it wrote anything is asked in `k`, which the fence is made from: before this statement
 * writes. The insert is a plain one: see {@link insertRows}.
 */
export const recording = (row: NewBranchRow): Statement => ({
  name: 'concordat_record_work',
  text: `
    WITH k AS MATERIALIZED (
      SELECT *, pg_current_xact_id_if_assigned() IS NOT NULL AS wrote FROM ${UNNEST_ROWS}),
    raised AS (${FENCE_UPSERT})
    INSERT INTO concordat.branch (${INSERT_COLUMNS})
    SELECT ${VALUES} FROM k WHERE EXISTS (SELECT FROM raised)
    RETURNING state`,
  values: columnsOf([row]),
});

/** None where a higher fence stands. */
export interface RecordedRow {
  readonly state: 'COMMITTED' | 'READ_ONLY';
}

/** One statement: what became of the row, or `fenced` where a higher fence stands. */
export async function recordWork(run: Run, row: NewBranchRow): Promise<RecordedWork> {
  const { rows } = await insertingRows(() => run<RecordedRow>(recording(row)));
  return rows[0]?.state ?? 'fenced';
}
