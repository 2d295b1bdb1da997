import type { LedgerAdmin } from '../../port/ledger-admin.js';
import type { AdminSourceOptions } from './admin/data-source.js';

/** An admin that holds connections of its own. */
export interface OpenLedgerAdmin extends LedgerAdmin {
  close(): Promise<void>;
}

/**
 * Connects the admin side of the ledger. TypeORM is loaded here and not before: who imports this library for the ports, the
 * twins or the hot path does not pay for it.
 * @throws LedgerError UNAVAILABLE
 */
export async function openPostgresLedgerAdmin(options: AdminSourceOptions): Promise<OpenLedgerAdmin> {
  const { PostgresLedgerAdmin } = await import('./admin/postgres-ledger-admin.js');
  return PostgresLedgerAdmin.open(options);
}
