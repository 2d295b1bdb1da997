export { LAZY_MS } from './ledger/lazy.js';
export type {
  BeginOutcome, ClaimOptions, CollectedTransaction, HeartbeatView, InstanceBeat, InstanceRecord, Ledger, LedgerState,
  NewDeadLetter, NewTransaction, ParticipantHello, ParticipantOperation, ParticipantRecord, StepOutcome, StepWrite,
  StoredTransaction, TimelineEntry,
} from './port/ledger.js'; // prettier-ignore
export { LedgerError } from './port/ledger.js';
export type {
  AuditEntry, LedgerAdmin, NewAuditEntry, Page, PageRequest, StoredDeadLetter, StoredTimelineEntry, TransactionFilter,
} from './port/ledger-admin.js'; // prettier-ignore
export type {
  Acceptance, BranchEvidence, BranchKey, BranchRow, BranchStore, DoneWork, HandlerStatement, LocalTransaction, NewBranchRow,
  Opened, PreparedGid, RecordedWork, RowMove, RowState,
  StoreErrorCode,
} from './port/branch-store.js'; // prettier-ignore
export { StoreError } from './port/branch-store.js';
export type {
  EndedEntry, NewOutboxEntry, OutboxEntry, OutboxOutcome, OutboxRecord, OutboxStore, RetryPace,
} from './port/outbox-store.js'; // prettier-ignore
export { createPostgresBranchStore } from './postgres/branches/branch-store.js';
export type { PostgresBranchStore, PostgresBranchStoreOptions } from './postgres/branches/branch-store.js';
export { MemoryBranchStore } from './memory/branches/branch-store.js';
export type { MemoryBranchStoreOptions, StoreVerb, VerbHook } from './memory/branches/branch-store.js';
export { MemoryServer } from './memory/branches/server.js';
export type { MemoryServerOptions, ServerWatcher } from './memory/branches/server.js';
export type { MemoryStatement } from './memory/branches/local-transaction.js';
export { MemoryClient, readBusiness } from './memory/branches/business-client.js';
export { MemoryLedger } from './memory/ledger/memory-ledger.js';
export type { LedgerGate, MemoryLedgerOptions } from './memory/ledger/memory-ledger.js';
export { MemoryLedgerAdmin } from './memory/ledger/memory-ledger-admin.js';
export { MemoryLedgerStore } from './memory/ledger/store.js';
export type { LedgerImage } from './memory/ledger/store.js';
export { LEDGER_SESSION } from './postgres/ledger/session.js';
export { PostgresLedger } from './postgres/ledger/postgres-ledger.js';
export type { PostgresLedgerOptions } from './postgres/ledger/postgres-ledger.js';
export {
  coordinatorSchema,
  migrate,
  migrateCoordinator,
  migrateParticipant,
  participantSchema,
  pendingMigrations,
} from './postgres/migrate.js';
export type { SchemaSet } from './postgres/migrate.js';
export { createPool } from './postgres/pool.js';
export type { PoolOptions } from './postgres/pool.js';
export { openPostgresLedgerAdmin } from './postgres/ledger/open-admin.js';
export type { OpenLedgerAdmin } from './postgres/ledger/open-admin.js';
export { entityManagerOver } from './postgres/branches/entity-manager.js';
export { createPostgresOutboxStore, PostgresOutboxStore } from './postgres/outbox/outbox-store.js';
export type { SessionOptions } from './postgres/sessions/open-sessions.js';
export { MemoryOutboxStore } from './memory/outbox/outbox-store.js';
export type { MemoryOutboxStoreOptions } from './memory/outbox/outbox-store.js';
