import type { ParticipantHello } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';
import { jsonArray, plainArray, textArray } from '../arrays.js';

/**
 * Registers participants and their instances. $1 names, $2 operations, $3 wire versions (array literals) per participant;
 * $4 names, $5 instances, $6 boot ids per instance.
 */
const TEXT = `
WITH named AS (
  INSERT INTO concordat.participant (name, operations, wire_versions)
  SELECT name, operations, wire_versions::int[]
  FROM unnest($1::text[], $2::json[], $3::text[]) AS p (name, operations, wire_versions)
  ON CONFLICT (name) DO UPDATE SET
    operations = excluded.operations, wire_versions = excluded.wire_versions, last_seen_at = now()
)
INSERT INTO concordat.participant_instance (participant, instance, boot_id)
SELECT * FROM unnest($4::text[], $5::text[], $6::text[])
ON CONFLICT (participant, instance) DO UPDATE SET boot_id = excluded.boot_id, last_seen_at = now()`;

const byKey = (
  batch: readonly ParticipantHello[],
  key: (hello: ParticipantHello) => string,
): ParticipantHello[] =>
  [...new Map(batch.map((hello) => [key(hello), hello]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, last]) => last);

/** The last word of each participant, and of each of its instances, counts; sorted, so that batches do not deadlock. */
export function hello(batch: readonly ParticipantHello[]): Statement {
  const named = byKey(batch, ({ name }) => name);
  const instances = byKey(batch, ({ name, instance }) => JSON.stringify([name, instance]));
  return {
    name: 'ledger_hello',
    text: TEXT,
    values: [
      textArray(named.map(({ name }) => name)),
      jsonArray(named.map(({ operations }) => operations)),
      textArray(named.map(({ wireVersions }) => plainArray(wireVersions))),
      textArray(instances.map(({ name }) => name)),
      textArray(instances.map(({ instance }) => instance)),
      textArray(instances.map(({ bootId }) => bootId)),
    ],
  };
}
