import type { RetryPace } from '../../port/outbox-store.js';
import type { Statement } from '../sessions/statement.js';
import { ENTRY_COLUMNS } from './rows.js';

/** Of one ordering key only the oldest pending entry may go. Ids follow causality: who enqueues after a commit gets a higher one. */
export const CLAIMABLE = `
  o.state IN ('pending', 'accepted')
  AND NOT (o.state = 'pending' AND o.key IS NOT NULL AND EXISTS (
    SELECT FROM concordat.outbox e WHERE e.key = o.key AND e.state = 'pending' AND e.id < o.id))`;

/** The exponent is bounded before the cap is applied, so that no number of attempts overflows. */
const BACKOFF = `CASE o.state WHEN 'accepted' THEN $5::float8 ELSE least($2::float8 * power(2, least(o.attempts, 30)), $3::float8) END
  * $4::float8 * interval '1 ms'`;

/** A lease by next_at: nobody else is handed these entries until then, and after a crash somebody is. */
export const claimDue = (limit: number, { firstMs, capMs, askMs, jitter }: RetryPace): Statement => ({
  text: `
    WITH due AS (
      SELECT o.id FROM concordat.outbox o
      WHERE o.next_at <= clock_timestamp() AND ${CLAIMABLE}
      ORDER BY o.next_at, o.id LIMIT $1
      FOR UPDATE SKIP LOCKED)
    UPDATE concordat.outbox o SET attempts = o.attempts + 1, next_at = clock_timestamp() + ${BACKOFF}
    FROM due WHERE o.id = due.id
    RETURNING ${ENTRY_COLUMNS}`,
  values: [limit, firstMs, capMs, jitter, askMs],
});
