import type { DataSource } from 'typeorm';
import type { Json } from '#protocol';

export interface WaitingRow {
  readonly participant: string;
  readonly count: number;
  readonly oldestAgeMs: number;
}

/** Branches of live transactions that owe a durable result in any attempt so far, by participant. */
const WAITING = `
SELECT b.participant, count(*)::int AS "count",
  (max(extract(epoch FROM now() - t.created_at)) * 1000)::float8 AS "oldestAgeMs"
FROM concordat.transaction t
CROSS JOIN LATERAL unnest(t.branch_ids, t.participants) AS b (id, participant)
WHERE t.ended_at IS NULL
  AND EXISTS (SELECT FROM generate_series(1, t.attempt) AS a (attempt)
              WHERE (a.attempt || ':' || b.id) <> ALL (t.settled))
GROUP BY b.participant ORDER BY b.participant`;

export const readWaiting = (source: DataSource): Promise<WaitingRow[]> => source.query(WAITING);

/** Who waits for a lock in this database, and for whom; ages in ms. Evidence for an operator, at most 200 rows. */
const LOCKS = `
SELECT json_build_object(
  'pid', a.pid, 'application', a.application_name, 'state', a.state, 'lock', l.locktype, 'mode', l.mode,
  'relation', l.relation::regclass::text, 'blockedBy', pg_blocking_pids(a.pid),
  'waitingMs', floor(extract(epoch FROM now() - l.waitstart) * 1000)) AS evidence
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND a.datname = current_database()
ORDER BY l.waitstart LIMIT 200`;

export async function readLocks(source: DataSource): Promise<Json[]> {
  const rows: { evidence: Json }[] = await source.query(LOCKS);
  return rows.map(({ evidence }) => evidence);
}
