import type pg from 'pg';
import type { Statement } from '../run-statement.js';

/** Runs one statement of the ledger as its own local transaction and returns its rows; throws LedgerError. */
export type RunLedger = <R extends pg.QueryResultRow>(statement: Statement) => Promise<R[]>;
