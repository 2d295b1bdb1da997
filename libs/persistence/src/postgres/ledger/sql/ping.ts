import type { Statement } from '../../run-statement.js';

/** The smallest question that shows that the server answers. */
export const ping = (): Statement => ({ name: 'ledger_ping', text: 'SELECT 1', values: [] });
