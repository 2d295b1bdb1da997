import { Command, Option } from 'commander';

export const SCHEMAS = ['coordinator', 'participant'] as const;
export type Schema = (typeof SCHEMAS)[number];

export interface MigrateOptions {
  /** Which schema DATABASE_URL gets. */
  readonly schema: Schema;
  /** After a restore of the coordinator's database: recovery hold under a new ledger epoch, before any coordinator starts. */
  readonly hold: boolean;
}

/** Reads the arguments of `concordat migrate`; ends the process with a usage message when they cannot be understood. */
export function migrateOptions(argv: readonly string[]): MigrateOptions {
  return new Command('concordat migrate')
    .description(
      'Brings the database of DATABASE_URL up to date, and the participant schema of every database in CONCORDAT_PARTICIPANT_DATABASES.',
    )
    .addOption(
      new Option('--schema <name>', 'what DATABASE_URL gets').choices([...SCHEMAS]).default('coordinator'),
    )
    .option(
      '--hold',
      'after restoring the coordinator database to an older point: recovery hold, new epoch',
      false,
    )
    .parse([...argv], { from: 'user' })
    .opts<MigrateOptions>();
}
