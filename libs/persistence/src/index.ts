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
  BranchEvidence, BranchKey, BranchRow, BranchStore, LocalTransaction, NewBranchRow, PreparedGid, RowMove, RowState,
  StoreErrorCode,
} from './port/branch-store.js'; // prettier-ignore
export { StoreError } from './port/branch-store.js';
export type {
  EndedEntry, NewOutboxEntry, OutboxEntry, OutboxOutcome, OutboxRecord, OutboxStore, RetryPace,
} from './port/outbox-store.js'; // prettier-ignore
