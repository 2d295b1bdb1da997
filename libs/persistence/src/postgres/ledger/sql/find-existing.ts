import type { Statement } from '../../run-statement.js';
import { TRANSACTION_COLUMNS, type TransactionRow } from '../columns.js';
import { plainArray, textArray } from '../arrays.js';

/** A transaction, and the idempotency key it was found by (null: by its gtx). */
export type ExistingRow = TransactionRow & { readonly key: string | null };

/** What a BEGIN met. A statement of its own: the one that met a concurrent insert does not see it. $1 gtxs, $2 keys. */
const TEXT = `
SELECT ${TRANSACTION_COLUMNS}, NULL AS key FROM concordat.transaction t WHERE t.gtx = ANY ($1::uuid[])
UNION ALL
SELECT ${TRANSACTION_COLUMNS}, k.key FROM concordat.idempotency_key k JOIN concordat.transaction t USING (gtx)
WHERE k.key = ANY ($2::text[])`;

export const findExisting = (gtxs: readonly string[], keys: readonly string[]): Statement => ({
  name: 'ledger_find_existing',
  text: TEXT,
  values: [plainArray(gtxs), textArray(keys)],
});
