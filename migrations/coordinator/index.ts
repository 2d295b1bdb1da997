import type { MigrationClass } from '../migration-class.js';
import { CreateTransactions1790000000001 } from './0001-create-transactions.js';
import { GuardDecisions1790000000002 } from './0002-guard-decisions.js';
import { CreateTimelineAndKeys1790000000003 } from './0003-create-timeline-and-keys.js';
import { CreateRegistry1790000000004 } from './0004-create-registry.js';
import { CreateOperations1790000000005 } from './0005-create-operations.js';

/** Schema of the coordinator's ledger, oldest first. Append only. */
export const coordinatorMigrations: readonly MigrationClass[] = [
  CreateTransactions1790000000001,
  GuardDecisions1790000000002,
  CreateTimelineAndKeys1790000000003,
  CreateRegistry1790000000004,
  CreateOperations1790000000005,
];
