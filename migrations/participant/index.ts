import type { MigrationClass } from '../migration-class.js';
import { CreateBranches1790000000001 } from './0001-create-branches.js';
import { CreateOutbox1790000000002 } from './0002-create-outbox.js';

/** Schema of a participant's database, oldest first. Append only. */
export const participantMigrations: readonly MigrationClass[] = [
  CreateBranches1790000000001,
  CreateOutbox1790000000002,
];
