import type { LedgerState } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';

export type StateRow = LedgerState & { readonly wallMs: number };

export const state = (): Statement => ({
  name: 'ledger_state',
  text: `SELECT epoch, hold, floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "wallMs" FROM concordat.ledger_state`,
  values: [],
});
