import { migrateOptions } from './migrate-options.js';
import { runMigrations } from './run-migrations.js';

/** `concordat migrate`: brings schemas up to date, and says what it did. */
export async function main(argv: readonly string[] = []): Promise<void> {
  await runMigrations(migrateOptions(argv), process.env, (line) => process.stdout.write(`${line}\n`));
}
