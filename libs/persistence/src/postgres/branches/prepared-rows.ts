import type { BranchRow } from '../../port/branch-store.js';
import { ROW_COLUMNS, toBranchRow, type RawRow } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

/** The literal 'PREPARED' lets the planner use the partial index branch_prepared. */
const older = (olderThanMs: number, limit: number): Statement => ({
  text: `
    SELECT ${ROW_COLUMNS} FROM concordat.branch b
    WHERE b.state = 'PREPARED' AND b.updated_at <= clock_timestamp() - $1::float8 * interval '1 ms'
    ORDER BY b.updated_at LIMIT $2`,
  values: [olderThanMs, limit],
});

export async function preparedRows(run: Run, olderThanMs: number, limit: number): Promise<BranchRow[]> {
  const { rows } = await run<RawRow>(older(olderThanMs, limit));
  return rows.map(toBranchRow);
}
