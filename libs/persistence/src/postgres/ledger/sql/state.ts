import type { LedgerState } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';

export type StateRow = LedgerState;

export const state = (): Statement => ({
  name: 'ledger_state',
  text: `SELECT epoch, hold FROM concordat.ledger_state`,
  values: [],
});
