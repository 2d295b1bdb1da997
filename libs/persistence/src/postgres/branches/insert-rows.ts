import { compareBranchKeys } from '../../port/branch-key.js';
import { StoreError, type NewBranchRow } from '../../port/branch-store.js';
import { columnsOf, INSERT_COLUMNS, UNNEST_ROWS } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

const insert = (rows: readonly NewBranchRow[]): Statement => ({
  name: 'concordat_insert_rows',
  text: `INSERT INTO concordat.branch (${INSERT_COLUMNS}) SELECT ${INSERT_COLUMNS} FROM ${UNNEST_ROWS}`,
  values: columnsOf(rows),
});

/** Of our own table: a statement of a handler may have been in the same message. */
function isTwice(error: unknown): error is StoreError {
  if (!(error instanceof StoreError) || error.sqlState !== '23505') return false;
  const { schema, table } = error.cause as { readonly schema?: string; readonly table?: string };
  return schema === 'concordat' && table === 'branch';
}

/** @throws StoreError DUPLICATE when a row of the same key is there: for the caller to look at */
export async function insertingRows<T>(insertion: () => Promise<T>): Promise<T> {
  try {
    return await insertion();
  } catch (error) {
    if (!isTwice(error)) throw error;
    throw new StoreError('DUPLICATE', 'a branch row of this attempt exists', false, '23505', {
      cause: error,
    });
  }
}

/**
 * Plain INSERT. It waits for a concurrent transaction that inserted the same key, and fails when that one commits:
 * with ON CONFLICT DO NOTHING the second copy of a PREPARE would go on and prepare work without a row.
 */
export async function insertRows(run: Run, rows: readonly NewBranchRow[]): Promise<void> {
  await insertingRows(() => run(insert([...rows].sort(compareBranchKeys))));
}
