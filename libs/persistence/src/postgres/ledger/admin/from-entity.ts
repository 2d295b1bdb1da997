import type { Json } from '#protocol';
import type { StoredTransaction } from '../../../port/ledger.js';
import type { AuditEntry, StoredDeadLetter, StoredTimelineEntry } from '../../../port/ledger-admin.js';
import type { AuditEntity } from './entities/audit.entity.js';
import type { DeadLetterEntity } from './entities/dead-letter.entity.js';
import type { TimelineEntity } from './entities/timeline.entity.js';
import type { TransactionEntity } from './entities/transaction.entity.js';

/** `nowMs`: the database's clock at the time of the query. */
export function storedOf(entity: TransactionEntity, nowMs: number): StoredTransaction {
  const { gtx, mode, fallback, state, attempt, attempts, branches, results, heuristic, demand, version } =
    entity;
  const { ledgerEpoch, timeoutMs, driver, tries, businessKey, description, bodyHash, tombstone } = entity;
  const { initiator, traceparent, deadline, createdAt, updatedAt, endedAt } = entity;
  return {
    tx: {
      ...{ gtx, mode, fallback, state, attempt, attempts, branches, results, heuristic, demand, version },
      ...{ ledgerEpoch, timeoutMs },
    },
    ...{ driver, tries, businessKey, description, bodyHash, tombstone, initiator, traceparent },
    deadlineLeftMs: deadline.getTime() - nowMs,
    deadline: deadline.toISOString(),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ageMs: nowMs - createdAt.getTime(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}

export function timelineEntryOf(entity: TimelineEntity): StoredTimelineEntry {
  const { seq, at, kind, attempt, branch, instance, detail } = entity;
  return { seq, at: at.toISOString(), kind, attempt, branch, instance, detail: detail as Json };
}

export function auditEntryOf(entity: AuditEntity): AuditEntry {
  const { id, at, action, gtx, caller, reason, dryRun, accepted, detail } = entity;
  return { id, at: at.toISOString(), action, gtx, caller, reason, dryRun, accepted, detail: detail as Json };
}

export function deadLetterOf(entity: DeadLetterEntity): StoredDeadLetter {
  const { storedAt, requeuedAt, ...same } = entity;
  return { ...same, storedAt: storedAt.toISOString(), requeuedAt: requeuedAt?.toISOString() ?? null };
}
