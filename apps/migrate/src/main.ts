import { silentLog } from '#observability';
import { migrateCoordinator, migrateParticipant, openPostgresLedgerAdmin } from '#persistence';
import { loadConfig } from '#service';
import { migrateOptions, type Schema } from './migrate-options.js';

const MIGRATE: Record<Schema, (databaseUrl: string) => Promise<readonly string[]>> = {
  coordinator: migrateCoordinator,
  participant: migrateParticipant,
};

/** `concordat migrate`: brings schemas up to date under an advisory lock, and says what it did. Safe beside running apps. */
export async function main(argv: readonly string[] = []): Promise<void> {
  const { schema, hold } = migrateOptions(argv);
  if (hold && schema !== 'coordinator') throw new Error('--hold is for the coordinator schema');
  const { databaseUrl, participantDatabases } = loadConfig('migrate', process.env);
  report(schema, databaseUrl, await MIGRATE[schema](databaseUrl));
  for (const url of Object.values(participantDatabases))
    report('participant', url, await migrateParticipant(url));
  if (hold) await holdLedger(databaseUrl);
}

async function holdLedger(url: string): Promise<void> {
  const admin = await openPostgresLedgerAdmin({ url, applicationName: 'concordat migrate', log: silentLog });
  try {
    const { epoch } = await admin.setHold(true, { raiseEpoch: true });
    say(
      `the ledger is held, epoch ${epoch}; POST /v1/recovery/release ends it once everything is reconciled`,
    );
  } finally {
    await admin.close();
  }
}

function report(schema: Schema, databaseUrl: string, steps: readonly string[]): void {
  const { host, pathname } = new URL(databaseUrl);
  const done = steps.length === 0 ? 'is up to date' : `applied ${steps.length}: ${steps.join(', ')}`;
  say(`${schema} schema of ${host}${pathname}: ${done}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
