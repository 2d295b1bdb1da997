import type { InstanceBeat } from '../../../port/ledger.js';
import { plainArray } from '../arrays.js';
import type { Statement } from '../../run-statement.js';

export interface InstanceRow {
  readonly id: string;
  readonly role: 'coordinator' | 'watchdog';
  readonly url: string | null;
  readonly reply_partitions: readonly number[];
  readonly started_ms: number;
  readonly silent_ms: number;
}

/**
 * The own beat, and everybody's in the same statement; who was silent for long and drives nothing is forgotten. A beat after
 * a gap counts as a new start. $1 id, $2 role, $3 url, $4 reply partitions, $5 dead after ms, $6 forgotten after ms.
 */
const TEXT = `
WITH beat AS (
  INSERT INTO concordat.instance AS i (id, role, url, reply_partitions) VALUES ($1, $2, $3, $4::int[])
  ON CONFLICT (id) DO UPDATE SET
    role = excluded.role, url = excluded.url, reply_partitions = excluded.reply_partitions, heartbeat_at = now(),
    started_at = CASE WHEN i.heartbeat_at < now() - $5::float8 * interval '1 ms' THEN now() ELSE i.started_at END
  RETURNING id, role, url, reply_partitions, started_at, heartbeat_at
), forgotten AS (
  DELETE FROM concordat.instance i
  WHERE i.id <> $1 AND i.heartbeat_at < now() - $6::float8 * interval '1 ms'
    AND NOT EXISTS (SELECT FROM concordat.transaction t WHERE t.ended_at IS NULL AND coalesce(t.driver, '') = i.id)
  RETURNING i.id
), known AS (
  SELECT * FROM beat
  UNION ALL
  SELECT id, role, url, reply_partitions, started_at, heartbeat_at FROM concordat.instance
  WHERE id <> $1 AND id NOT IN (SELECT id FROM forgotten)
)
SELECT id, role, url, reply_partitions, floor(extract(epoch FROM started_at) * 1000)::float8 AS started_ms,
  greatest(0, extract(epoch FROM now() - heartbeat_at) * 1000)::float8 AS silent_ms
FROM known ORDER BY id`;

export const heartbeat = (self: InstanceBeat, deadAfterMs: number, forgottenAfterMs: number): Statement => ({
  name: 'ledger_heartbeat',
  text: TEXT,
  values: [self.id, self.role, self.url, plainArray(self.replyPartitions), deadAfterMs, forgottenAfterMs],
});
