import type { MigrationClass } from '../migration-class.js';

/** Schema of a participant's database, oldest first. Append only. */
export const participantMigrations: readonly MigrationClass[] = [];
