import type { Statement } from '../../run-statement.js';

/**
 * What else grows: dead letters past the retention, and instances of participants that fell silent long ago.
 * $1 retention ms, $2 limit, $3 ms of silence after which an instance is forgotten.
 */
const TEXT = `
WITH old AS MATERIALIZED (
  SELECT id FROM concordat.dead_letter ORDER BY id LIMIT $2
), letters AS (
  DELETE FROM concordat.dead_letter l USING old
  WHERE l.id = old.id AND l.stored_at < now() - $1::float8 * interval '1 ms'
)
DELETE FROM concordat.participant_instance WHERE last_seen_at < now() - $3::float8 * interval '1 ms'`;

export const collectRefuse = (retentionMs: number, limit: number, silentMs: number): Statement => ({
  name: 'ledger_collect_refuse',
  text: TEXT,
  values: [retentionMs, limit, silentMs],
});
