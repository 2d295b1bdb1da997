import type { StoredTransaction } from '../../port/ledger.js';
import { isoOf } from '../../ledger/time.js';
import type { LedgerRow } from './store.js';

/** A row as the port speaks of it, at `nowMs`. */
export function storedOf(row: LedgerRow, nowMs: number): StoredTransaction {
  return {
    tx: row.tx,
    driver: row.driver,
    deadlineLeftMs: row.deadlineMs - nowMs,
    deadline: isoOf(row.deadlineMs),
    tries: row.tries,
    businessKey: row.businessKey,
    description: row.description,
    bodyHash: row.bodyHash,
    tombstone: row.tombstone,
    initiator: row.initiator,
    traceparent: row.traceparent,
    createdAt: isoOf(row.createdMs),
    updatedAt: isoOf(row.updatedMs),
    ageMs: nowMs - row.createdMs,
    endedAt: row.endedMs === null ? null : isoOf(row.endedMs),
  };
}
