import type { ParticipantOperation } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';

/** One row per participant and instance; sorted by both. */
export interface ParticipantRow {
  readonly name: string;
  readonly operations: readonly ParticipantOperation[];
  readonly wire_versions: readonly number[];
  readonly last_seen_ms: number;
  readonly silent_ms: number;
  readonly instance: string | null;
  readonly boot_id: string | null;
  readonly instance_seen_ms: number;
  readonly instance_silent_ms: number;
}

const TEXT = `
SELECT p.name, p.operations, p.wire_versions, i.instance, i.boot_id,
  floor(extract(epoch FROM p.last_seen_at) * 1000)::float8 AS last_seen_ms,
  greatest(0, extract(epoch FROM now() - p.last_seen_at) * 1000)::float8 AS silent_ms,
  floor(extract(epoch FROM i.last_seen_at) * 1000)::float8 AS instance_seen_ms,
  greatest(0, extract(epoch FROM now() - i.last_seen_at) * 1000)::float8 AS instance_silent_ms
FROM concordat.participant p LEFT JOIN concordat.participant_instance i ON i.participant = p.name
ORDER BY p.name, i.instance`;

export const participants = (): Statement => ({ name: 'ledger_participants', text: TEXT, values: [] });
