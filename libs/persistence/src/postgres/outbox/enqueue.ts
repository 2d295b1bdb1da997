import { plainArray, textArray } from '../ledger/arrays.js';
import { jsonColumn } from '../branches/rows.js';
import type { NewOutboxEntry } from '../../port/outbox-store.js';
import type { Statement } from '../sessions/statement.js';

/** Ids follow the order of the batch, which is the order of submission. */
export const enqueue = (entries: readonly NewOutboxEntry[]): Statement => ({
  text: `
    INSERT INTO concordat.outbox (gtx, key, request, idempotency_key)
    SELECT gtx, key, request, idempotency_key
    FROM unnest($1::uuid[], $2::text[], $3::json[], $4::text[]) WITH ORDINALITY
      AS k(gtx, key, request, idempotency_key, place)
    ORDER BY place
    ON CONFLICT (gtx) DO NOTHING`,
  values: [
    plainArray(entries.map((entry) => entry.gtx)),
    textArray(entries.map((entry) => entry.key)),
    jsonColumn(entries.map((entry) => entry.request)),
    textArray(entries.map((entry) => entry.idempotencyKey)),
  ],
});
