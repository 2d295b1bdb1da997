import type { MigrationClass } from '../migration-class.js';
import { CreateTransactions1790000000001 } from './0001-create-transactions.js';
import { GuardDecisions1790000000002 } from './0002-guard-decisions.js';
import { CreateTimelineAndKeys1790000000003 } from './0003-create-timeline-and-keys.js';
import { CreateRegistry1790000000004 } from './0004-create-registry.js';
import { CreateOperations1790000000005 } from './0005-create-operations.js';
import { ThinTimeline1790000000006 } from './0006-thin-timeline.js';
import { GuardAfterUpdate1790000000007 } from './0007-guard-after-update.js';

/** Schema of the coordinator's ledger, oldest first. Append only. */
export const coordinatorMigrations: readonly MigrationClass[] = [
  CreateTransactions1790000000001,
  GuardDecisions1790000000002,
  CreateTimelineAndKeys1790000000003,
  CreateRegistry1790000000004,
  CreateOperations1790000000005,
  ThinTimeline1790000000006,
  GuardAfterUpdate1790000000007,
];
