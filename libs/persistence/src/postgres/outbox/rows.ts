import type { Json } from '#protocol';
import type { EndedEntry, OutboxEntry, OutboxRecord } from '../../port/outbox-store.js';
import { elapsedMs, isoTime } from '../branches/rows.js';

/** An outbox row as the statements return it. Ids are text: a bigint may exceed what a number holds. */
export interface RawEntry {
  readonly id: string;
  readonly gtx: string;
  readonly key: string | null;
  readonly request: Json;
  readonly idempotency_key: string | null;
  readonly state: OutboxRecord['state'];
  readonly attempts: number;
  readonly outcome: OutboxRecord['outcome'];
  readonly reason: string | null;
  readonly age_ms: number;
  readonly created_at: string;
  readonly delivered_at: string | null;
}

/** Columns of a RawEntry, of the table alias `o`. */
export const ENTRY_COLUMNS = `o.id::text AS id, o.gtx, o.key, o.request, o.idempotency_key, o.state, o.attempts,
  o.outcome, o.reason, ${elapsedMs('o.created_at')} AS age_ms, ${isoTime('o.created_at')} AS created_at,
  ${isoTime('o.delivered_at')} AS delivered_at`;

export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  Number(BigInt(a.id) - BigInt(b.id));

const entry = (raw: RawEntry) => ({
  id: raw.id,
  gtx: raw.gtx,
  key: raw.key,
  request: raw.request,
  idempotencyKey: raw.idempotency_key,
});

export const toDue = (raw: RawEntry): OutboxEntry => ({
  ...entry(raw),
  state: raw.state === 'accepted' ? 'accepted' : 'pending',
  attempts: raw.attempts,
  ageMs: raw.age_ms,
});

export const toEnded = (raw: RawEntry): EndedEntry => ({
  ...entry(raw),
  state: raw.state === 'rejected' ? 'rejected' : 'done',
  outcome: raw.outcome,
  reason: raw.reason,
});

export const toRecord = (raw: RawEntry): OutboxRecord => ({
  ...entry(raw),
  state: raw.state,
  attempts: raw.attempts,
  outcome: raw.outcome,
  reason: raw.reason,
  createdAt: raw.created_at,
  deliveredAt: raw.delivered_at,
});
