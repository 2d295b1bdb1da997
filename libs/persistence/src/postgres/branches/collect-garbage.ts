import { ENDED_STATES } from '../../port/branch-states.js';
import type { Run, Statement } from '../sessions/statement.js';

/** The smallest UUID of the moment `$1` milliseconds ago: everything older lies before it in the primary key. */
export const OLDEST_KEPT = `
  (lpad(to_hex((extract(epoch FROM now() - $1::float8 * interval '1 ms') * 1000)::bigint), 12, '0')
    || '00000000000000000000')::uuid`;

/** Age is told twice: by the id, which finds the rows, and by the last change, for a transaction that ended long after it began. */
const rows = (retentionMs: number, limit: number): Statement => ({
  text: `
    DELETE FROM concordat.branch b USING (
      SELECT gtx, branch, attempt FROM concordat.branch
      WHERE gtx < ${OLDEST_KEPT} AND updated_at < now() - $1::float8 * interval '1 ms'
        AND (state = ANY($3) OR (state <> 'PREPARED' AND payload IS NULL))
      ORDER BY gtx, branch, attempt LIMIT $2 FOR UPDATE SKIP LOCKED) old
    WHERE b.gtx = old.gtx AND b.branch = old.branch AND b.attempt = old.attempt`,
  values: [retentionMs, limit, ENDED_STATES],
});

/** A fence goes after the last row it guards: every fence was raised together with a row. */
const fences = (retentionMs: number, limit: number): Statement => ({
  text: `
    DELETE FROM concordat.fence f USING (
      SELECT gtx, branch FROM concordat.fence o
      WHERE gtx < ${OLDEST_KEPT}
        AND NOT EXISTS (SELECT FROM concordat.branch b WHERE b.gtx = o.gtx AND b.branch = o.branch)
      ORDER BY gtx, branch LIMIT $2 FOR UPDATE SKIP LOCKED) old
    WHERE f.gtx = old.gtx AND f.branch = old.branch`,
  values: [retentionMs, limit],
});

/** Rows first, then fences without rows; each statement is a transaction of its own, and a crash between them leaves nothing behind. */
export async function collectGarbage(run: Run, retentionMs: number, limit: number): Promise<number> {
  const gone = await run(rows(retentionMs, limit));
  const fenced = await run(fences(retentionMs, limit));
  return (gone.rowCount ?? 0) + (fenced.rowCount ?? 0);
}
