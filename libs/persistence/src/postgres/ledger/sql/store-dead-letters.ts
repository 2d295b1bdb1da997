import type { NewDeadLetter } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';
import { jsonArray, plainArray, textArray } from '../arrays.js';

/** A record that is read again is stored once. One element per letter: $1 topic, $2 partition, … as the columns. */
const TEXT = `
INSERT INTO concordat.dead_letter
  (topic, partition, record_offset, key, headers, value, truncated, reason, detail, app, instance)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::json[], $6::text[], $7::bool[], $8::text[], $9::text[],
  $10::text[], $11::text[]) AS d (topic, partition, record_offset, key, headers, value, truncated, reason, detail, app, instance)
ORDER BY topic, partition, record_offset
ON CONFLICT (topic, partition, record_offset) DO NOTHING`;

export function storeDeadLetters(batch: readonly NewDeadLetter[]): Statement {
  const column = <T>(read: (letter: NewDeadLetter) => T): T[] => batch.map(read);
  return {
    name: 'ledger_store_dead_letters',
    text: TEXT,
    values: [
      textArray(column(({ topic }) => topic)),
      plainArray(column(({ partition }) => partition)),
      plainArray(column(({ offset }) => offset)),
      textArray(column(({ key }) => key)),
      jsonArray(column(({ headers }) => headers)),
      textArray(column(({ value }) => value)),
      plainArray(column(({ truncated }) => truncated)),
      textArray(column(({ reason }) => reason)),
      textArray(column(({ detail }) => detail)),
      textArray(column(({ app }) => app)),
      textArray(column(({ instance }) => instance)),
    ],
  };
}
