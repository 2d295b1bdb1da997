import type { HeartbeatView, InstanceRecord, ParticipantRecord } from '../../port/ledger.js';
import { isoOf } from '../../ledger/time.js';
import type { InstanceRow } from './sql/heartbeat.js';
import type { ParticipantRow } from './sql/participants.js';

const instanceOf = (row: InstanceRow): InstanceRecord => ({
  id: row.id,
  role: row.role,
  url: row.url,
  replyPartitions: row.reply_partitions,
  silentMs: row.silent_ms,
  startedAt: isoOf(row.started_ms),
});

/** Who beats, and who has been silent for longer than `deadAfterMs` by the database clock. */
export function heartbeatView(rows: readonly InstanceRow[], deadAfterMs: number): HeartbeatView {
  const records = rows.map(instanceOf);
  return {
    alive: records.filter(({ silentMs }) => silentMs <= deadAfterMs),
    dead: records.filter(({ silentMs }) => silentMs > deadAfterMs),
  };
}

function participantOf(rows: readonly ParticipantRow[]): ParticipantRecord[] {
  const [first] = rows;
  if (first === undefined) return [];
  const instances = rows.flatMap(({ instance, boot_id, instance_silent_ms, instance_seen_ms }) =>
    instance === null || boot_id === null
      ? []
      : [{ instance, bootId: boot_id, silentMs: instance_silent_ms, lastSeenAt: isoOf(instance_seen_ms) }],
  );
  return [
    {
      name: first.name,
      operations: first.operations,
      wireVersions: first.wire_versions,
      instances,
      silentMs: first.silent_ms,
      lastSeenAt: isoOf(first.last_seen_ms),
    },
  ];
}

/** Rows of one participant follow each other. */
export function participantRecords(rows: readonly ParticipantRow[]): ParticipantRecord[] {
  const names = [...new Set(rows.map(({ name }) => name))];
  return names.flatMap((name) => participantOf(rows.filter((row) => row.name === name)));
}
