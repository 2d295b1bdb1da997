import { silentLog } from '#observability';
import { migrateCoordinator, migrateParticipant, openPostgresLedgerAdmin } from '#persistence';
import { loadConfig, type Environment } from '#service';
import type { MigrateOptions, Schema } from './migrate-options.js';

const MIGRATE: Record<Schema, (databaseUrl: string) => Promise<readonly string[]>> = {
  coordinator: migrateCoordinator,
  participant: migrateParticipant,
};

/** Brings the schemas up to date under an advisory lock, and tells `say` what it did. Safe beside running apps. */
export async function runMigrations(
  { schema, hold }: MigrateOptions,
  env: Environment,
  say: (line: string) => void,
): Promise<void> {
  if (hold && schema !== 'coordinator') throw new Error('--hold is for the coordinator schema');
  const { databaseUrl, participantDatabases } = loadConfig('migrate', env);
  say(report(schema, databaseUrl, await MIGRATE[schema](databaseUrl)));
  for (const url of Object.values(participantDatabases))
    say(report('participant', url, await migrateParticipant(url)));
  if (hold) say(await holdLedger(databaseUrl));
}

async function holdLedger(url: string): Promise<string> {
  const admin = await openPostgresLedgerAdmin({ url, applicationName: 'concordat migrate', log: silentLog });
  try {
    const { epoch } = await admin.setHold(true, { raiseEpoch: true });
    return `the ledger is held, epoch ${epoch}; POST /v1/recovery/release ends it once everything is reconciled`;
  } finally {
    await admin.close();
  }
}

/** Names no user and no password. */
function report(schema: Schema, databaseUrl: string, steps: readonly string[]): string {
  const { host, pathname } = new URL(databaseUrl);
  const done = steps.length === 0 ? 'is up to date' : `applied ${steps.length}: ${steps.join(', ')}`;
  return `${schema} schema of ${host}${pathname}: ${done}`;
}
