import type { Attempt, PlannedBranch } from '#protocol';
import type { Statement } from '../../run-statement.js';

export interface CollectedRow {
  readonly gtx: string;
  readonly attempts: readonly Attempt[];
  readonly branches: readonly PlannedBranch[];
}

/**
 * Ended transactions past the retention, oldest ids first, with their timeline and keys. No index on ended_at is kept for
 * this: ids carry the time of their birth, so the primary key is walked from its oldest end up to the id that was born one
 * retention ago (plus what an id may be ahead). $1 retention ms, $2 limit.
 */
const TEXT = `
WITH doomed AS MATERIALIZED (
  SELECT gtx FROM concordat.transaction
  WHERE gtx < (lpad(to_hex((extract(epoch FROM now() - $1::float8 * interval '1 ms' + interval '10 min') * 1000)::bigint), 12, '0')
               || '70008000000000000000')::uuid
    AND ended_at < now() - $1::float8 * interval '1 ms'
  ORDER BY gtx LIMIT $2 FOR UPDATE SKIP LOCKED
), told AS (
  DELETE FROM concordat.event e USING doomed d WHERE e.gtx = d.gtx
), keyed AS (
  DELETE FROM concordat.idempotency_key k USING doomed d WHERE k.gtx = d.gtx
)
DELETE FROM concordat.transaction t USING doomed d WHERE t.gtx = d.gtx
RETURNING t.gtx, t.attempts, t.branches`;

export const collectGarbage = (retentionMs: number, limit: number): Statement => ({
  name: 'ledger_collect_garbage',
  text: TEXT,
  values: [retentionMs, limit],
});
