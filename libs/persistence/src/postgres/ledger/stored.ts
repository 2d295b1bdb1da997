import type { Transaction } from '#protocol';
import type { StoredTransaction } from '../../port/ledger.js';
import { isoOf } from '../../ledger/time.js';
import type { TransactionRow } from './columns.js';

function imageOf(row: TransactionRow): Transaction {
  return {
    gtx: row.gtx,
    mode: row.mode,
    fallback: row.fallback,
    state: row.state,
    attempt: row.attempt,
    attempts: row.attempts,
    branches: row.branches,
    results: row.results,
    heuristic: row.heuristic,
    demand: row.demand,
    version: row.version,
    ledgerEpoch: row.ledger_epoch,
    timeoutMs: row.timeout_ms,
  };
}

/** A row as the port speaks of it. */
export function storedOf(row: TransactionRow): StoredTransaction {
  return {
    tx: imageOf(row),
    driver: row.driver,
    deadlineLeftMs: row.deadline_left_ms,
    deadline: isoOf(row.deadline_ms),
    tries: row.tries,
    businessKey: row.business_key,
    description: row.description,
    bodyHash: row.body_hash,
    tombstone: row.tombstone,
    initiator: row.initiator,
    traceparent: row.traceparent,
    createdAt: isoOf(row.created_ms),
    updatedAt: isoOf(row.updated_ms),
    ageMs: row.age_ms,
    endedAt: row.ended_ms === null ? null : isoOf(row.ended_ms),
  };
}
