import { plainArray } from '../ledger/arrays.js';
import type { Statement } from '../sessions/statement.js';
import { ENTRY_COLUMNS } from './rows.js';

const UNDELIVERED = `o.state IN ('done', 'rejected') AND o.delivered_at IS NULL`;

/** A lease as of claimDue. */
export const claimEnded = (limit: number, leaseMs: number): Statement => ({
  text: `
    WITH ended AS (
      SELECT o.id FROM concordat.outbox o
      WHERE ${UNDELIVERED} AND o.next_at <= clock_timestamp()
      ORDER BY o.next_at, o.id LIMIT $1
      FOR UPDATE SKIP LOCKED)
    UPDATE concordat.outbox o SET next_at = clock_timestamp() + $2::float8 * interval '1 ms'
    FROM ended WHERE o.id = ended.id
    RETURNING ${ENTRY_COLUMNS}`,
  values: [limit, leaseMs],
});

/** What somebody has locked is being marked as delivered at this moment, or claimed: to wait for it could end in a deadlock. */
export const renewEnded = (gtxs: readonly string[], leaseMs: number): Statement => ({
  text: `
    WITH held AS (
      SELECT o.id FROM concordat.outbox o
      WHERE o.gtx = ANY($1::uuid[]) AND ${UNDELIVERED}
      FOR UPDATE SKIP LOCKED)
    UPDATE concordat.outbox o SET next_at = clock_timestamp() + $2::float8 * interval '1 ms'
    FROM held WHERE o.id = held.id`,
  values: [plainArray(gtxs), leaseMs],
});

export const delivered = (gtxs: readonly string[]): Statement => ({
  text: `UPDATE concordat.outbox o SET delivered_at = clock_timestamp() WHERE o.gtx = ANY($1::uuid[]) AND ${UNDELIVERED}`,
  values: [plainArray(gtxs)],
});
