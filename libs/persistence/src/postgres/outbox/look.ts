import { elapsedMs } from '../branches/rows.js';
import { OLDEST_KEPT } from '../branches/collect-garbage.js';
import type { Statement } from '../sessions/statement.js';
import { CLAIMABLE } from './claim-due.js';
import { ENTRY_COLUMNS } from './rows.js';

/** Both halves read the head of a partial index. NULL when nothing waits, negative when overdue. */
export const nextDue = (): Statement => ({
  text: `
    SELECT -${elapsedMs('min(next_at)')} AS due_in_ms FROM (
      (SELECT o.next_at FROM concordat.outbox o WHERE ${CLAIMABLE} ORDER BY o.next_at LIMIT 1)
      UNION ALL
      (SELECT o.next_at FROM concordat.outbox o
       WHERE o.state IN ('done', 'rejected') AND o.delivered_at IS NULL ORDER BY o.next_at LIMIT 1)) AS heads`,
  values: [],
});

export const find = (gtx: string): Statement => ({
  text: `SELECT ${ENTRY_COLUMNS} FROM concordat.outbox o WHERE o.gtx = $1::uuid`,
  values: [gtx],
});

/** Found by the id's own time (the unique index on gtx), then by the time of delivery. */
export const collect = (retentionMs: number, limit: number): Statement => ({
  text: `
    DELETE FROM concordat.outbox WHERE id IN (
      SELECT id FROM concordat.outbox
      WHERE gtx < ${OLDEST_KEPT} AND delivered_at < now() - $1::float8 * interval '1 ms'
      ORDER BY gtx LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  values: [retentionMs, limit],
});
