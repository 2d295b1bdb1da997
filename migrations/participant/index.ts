import type { MigrationClass } from '../migration-class.js';
import { CreateBranches1790000000001 } from './0001-create-branches.js';
import { CreateOutbox1790000000002 } from './0002-create-outbox.js';
import { MoveRows1790000000003 } from './0003-move-rows.js';
import { MoveAllRows1790000000004 } from './0004-move-all-rows.js';

/** Schema of a participant's database, oldest first. Append only. */
export const participantMigrations: readonly MigrationClass[] = [
  CreateBranches1790000000001,
  CreateOutbox1790000000002,
  MoveRows1790000000003,
  MoveAllRows1790000000004,
];
