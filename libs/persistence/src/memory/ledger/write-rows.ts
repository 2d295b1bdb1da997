import { tombstone } from '#protocol';
import type { BeginOutcome, NewTransaction, StepWrite } from '../../port/ledger.js';
import { applyStep, isStale } from '../../ledger/apply-step.js';
import { begunTransaction, existingOutcome } from '../../ledger/begun.js';
import { isoOf } from '../../ledger/time.js';
import type { LedgerRow, MemoryLedgerStore } from './store.js';
import { storedOf } from './stored.js';

/** D1 of one item; the caller checked that the ledger is not held. */
export function beginOne(store: MemoryLedgerStore, item: NewTransaction, nowMs: number): BeginOutcome {
  const { gtx } = item.tx;
  const key = item.idempotencyKey;
  const keyed = key === null ? undefined : store.rows.get(store.keys.get(key) ?? '');
  const existing = keyed ?? store.rows.get(gtx);
  if (existing === undefined) return create(store, item, nowMs);
  const outcome = existingOutcome(item, storedOf(existing, nowMs));
  if (key !== null && keyed === undefined && outcome.kind === 'existing' && outcome.sameBody)
    store.bind(key, gtx);
  return outcome;
}

function create(store: MemoryLedgerStore, item: NewTransaction, nowMs: number): BeginOutcome {
  const ledgerEpoch = store.state.epoch;
  const deadlineMs = nowMs + item.deadlineInMs;
  const { tx, driver, bodyHash, businessKey, description, initiator, traceparent } = item;
  store.put({
    tx: { ...tx, ledgerEpoch },
    ...{ driver, bodyHash, businessKey, description, initiator, traceparent, deadlineMs },
    nextMs: nowMs + item.nextInMs,
    tries: 0,
    tombstone: false,
    createdMs: nowMs,
    updatedMs: nowMs,
    endedMs: null,
  });
  if (item.idempotencyKey !== null) store.bind(item.idempotencyKey, tx.gtx);
  store.note(tx.gtx, item.timeline, nowMs);
  return { kind: 'created', stored: begunTransaction(item, { createdMs: nowMs, deadlineMs, ledgerEpoch }) };
}

/** The row as a step wants it; null = stale. Nothing is written yet: a batch is judged as a whole first. */
export function stepped(store: MemoryLedgerStore, step: StepWrite, nowMs: number): LedgerRow | null {
  const row = store.rows.get(step.gtx);
  if (row === undefined || isStale(row.tx, step)) return null;
  const next = {
    ...row,
    tx: applyStep(row.tx, step, isoOf(nowMs)),
    driver: step.driver,
    tries: step.tries,
    deadlineMs: step.deadlineInMs === null ? row.deadlineMs : nowMs + step.deadlineInMs,
    nextMs: step.nextInMs === null ? row.nextMs : nowMs + step.nextInMs,
    updatedMs: nowMs,
    endedMs: row.endedMs ?? (step.ended ? nowMs : null),
  };
  store.check(next);
  return next;
}

/** Hands a row to a driver, or to nobody (null). */
export function driveRow(
  store: MemoryLedgerStore,
  row: LedgerRow,
  driver: string | null,
  times: { readonly nowMs: number; readonly nextMs: number },
): LedgerRow {
  const tx = { ...row.tx, version: row.tx.version + 1 };
  const moved = { ...row, tx, driver, nextMs: times.nextMs, updatedMs: times.nowMs };
  store.put(moved);
  return moved;
}

/** An ended ABORT where nothing was known (§7). */
export function plantOne(
  store: MemoryLedgerStore,
  gtx: string,
  why: { readonly reason: string; readonly instance: string },
  nowMs: number,
): void {
  const { reason, instance } = why;
  const planted = tombstone(gtx, reason, store.state.epoch);
  const attempts = planted.attempts.map((one) => ({ ...one, decidedAt: isoOf(nowMs), decidedBy: instance }));
  store.put({
    tx: { ...planted, attempts },
    ...{
      driver: null,
      bodyHash: null,
      businessKey: null,
      description: null,
      initiator: null,
      traceparent: null,
    },
    ...{ deadlineMs: nowMs, nextMs: nowMs, createdMs: nowMs, updatedMs: nowMs, endedMs: nowMs },
    tries: 0,
    tombstone: true,
  });
  store.note(gtx, [{ kind: 'TOMBSTONE', attempt: 1, branch: null, instance, detail: { reason } }], nowMs);
}
