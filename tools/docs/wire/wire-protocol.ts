import { MAX_RECORD_BYTES, MAX_TOPIC_RECORD_BYTES, TOPIC_RETENTION_MS } from '#wire';
import { CHANNELS, type Example, messageName, readExamples } from './catalog.js';
import { fieldTable } from './field-table.js';
import { jsonSchemaOf } from './json-schema.js';

/** The generated sections of docs/wire-protocol.md: one a message (fields and golden examples), and the topics. */
export function wireProtocolSections(root: string): Record<string, string> {
  const examples = readExamples(root);
  const messages = CHANNELS.flatMap(({ kind, schemas }) =>
    Object.entries(schemas).map(([type, schema]) => {
      const name = messageName(kind, type);
      const shown = (examples.get(name) ?? []).map(exampleBlock);
      return [name, [fieldTable(name, jsonSchemaOf(schema)), ...shown].join('\n\n')] as const;
    }),
  );
  const pack = (examples.get('PACK') ?? []).slice(0, 1).map(exampleBlock).join('\n\n');
  return { topics: topicTable(), limits: limits(), PACK: pack, ...Object.fromEntries(messages) };
}

function exampleBlock({ topic, key, headers, value }: Example): string {
  const record = JSON.stringify({ topic, key, headers, value }, null, 2);
  return ['```json', record, '```'].join('\n');
}

function topicTable(): string {
  const rows = CHANNELS.map(({ address, cleanup, description, schemas }) => {
    const kept = cleanup === 'compact' ? 'compacted' : `${TOPIC_RETENTION_MS / 86_400_000} days`;
    return `| \`${address}\` | ${kept} | ${Object.keys(schemas).join(', ')} | ${description} |`;
  });
  return ['| Topic | Kept | Messages | From whom to whom |', '|---|---|---|---|', ...rows].join('\n');
}

function limits(): string {
  return [
    `- A value of more than ${MAX_RECORD_BYTES} bytes is refused by every reader; topics let ${MAX_TOPIC_RECORD_BYTES} bytes in, so`,
    '  that such a record becomes a dead letter instead of an error only its sender sees.',
  ].join('\n');
}
