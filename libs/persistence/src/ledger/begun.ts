import type { BeginOutcome, NewTransaction, StoredTransaction } from '../port/ledger.js';
import { isoOf } from './time.js';

/** What the ledger adds to a new transaction. */
export interface Birth {
  readonly createdMs: number;
  readonly deadlineMs: number;
  readonly ledgerEpoch: number;
}

/** A transaction as it stands right after its BEGIN was written. */
export function begunTransaction(item: NewTransaction, birth: Birth): StoredTransaction {
  const createdAt = isoOf(birth.createdMs);
  return {
    tx: { ...item.tx, ledgerEpoch: birth.ledgerEpoch },
    driver: item.driver,
    deadlineLeftMs: item.deadlineInMs,
    deadline: isoOf(birth.deadlineMs),
    tries: 0,
    businessKey: item.businessKey,
    description: item.description,
    bodyHash: item.bodyHash,
    tombstone: false,
    initiator: item.initiator,
    traceparent: item.traceparent,
    createdAt,
    updatedAt: createdAt,
    ageMs: 0,
    endedAt: null,
  };
}

/** A BEGIN that met a transaction. A tombstone has no body: nobody can have asked for another one. */
export const existingOutcome = (item: NewTransaction, stored: StoredTransaction): BeginOutcome => ({
  kind: 'existing',
  stored,
  sameBody: stored.bodyHash === null || stored.bodyHash === item.bodyHash,
});
