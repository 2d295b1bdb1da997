import type { Statement } from '../../run-statement.js';
import { plainArray } from '../arrays.js';
import { TRANSACTION_COLUMNS } from '../columns.js';

/** Rows of the given transactions, in no order. $1 gtxs. */
const TEXT = `SELECT ${TRANSACTION_COLUMNS} FROM concordat.transaction t WHERE t.gtx = ANY ($1::uuid[])`;

export const load = (gtxs: readonly string[]): Statement => ({
  name: 'ledger_load',
  text: TEXT,
  values: [plainArray(gtxs)],
});
