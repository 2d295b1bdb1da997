import { LateAdmin } from '#coordination';
import {
  LEDGER_SESSION,
  PostgresLedger,
  coordinatorSchema,
  createPool,
  openPostgresLedgerAdmin,
  pendingMigrations,
} from '#persistence';
import type { Log } from '#observability';
import type { Config } from '../config/config.js';
import type { ReadinessCheck } from '../http/readiness.js';

/** The coordinator's database, hot path and admin side, each with connections of its own. */
export interface LedgerParts {
  readonly ledger: PostgresLedger;
  readonly admin: LateAdmin;
  readonly checks: readonly ReadinessCheck[];
  close(): Promise<void>;
}

/** Connects when first used. */
export function ledgerParts({ databaseUrl: url, instanceId }: Config, log: Log): LedgerParts {
  const pool = createPool({ url, applicationName: instanceId, log, settings: LEDGER_SESSION });
  const ledger = new PostgresLedger({ pool, instanceId });
  const admin = new LateAdmin(() =>
    openPostgresLedgerAdmin({ url, applicationName: `${instanceId} admin`, log }),
  );
  return {
    ledger,
    admin,
    checks: [
      { name: 'database', check: () => ledger.ping() },
      { name: 'schema', check: () => assertMigrated(pool) },
    ],
    close: async () => {
      await Promise.all([admin.close(), ledger.close()]);
    },
  };
}

async function assertMigrated(pool: ReturnType<typeof createPool>): Promise<void> {
  const missing = await pendingMigrations(pool, coordinatorSchema);
  if (missing.length > 0) throw new Error(`steps are missing: ${missing.join(', ')}`);
}
