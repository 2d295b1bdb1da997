import { FIELD_MEANINGS } from './fields.js';
import type { JsonSchema } from './json-schema.js';

/** The fields of a message as a markdown table. Throws when a field has no meaning in `fields.ts`. */
export function fieldTable(message: string, schema: JsonSchema): string {
  const rows = rowsOf(message, schema, '');
  return ['| Field | Value | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function rowsOf(message: string, schema: JsonSchema, prefix: string): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const optional = required.has(name) ? '' : absent(field);
    const row = `| \`${path}\` | ${valueOf(field)}${optional} | ${meaningOf(message, path)} |`;
    return [row, ...innerRows(message, field, path)];
  });
}

function innerRows(message: string, field: JsonSchema, path: string): string[] {
  if (field.items?.properties) return rowsOf(message, field.items, `${path}[].`);
  return field.properties ? rowsOf(message, field, `${path}.`) : [];
}

function absent(field: JsonSchema): string {
  return 'default' in field ? `; absent = \`${JSON.stringify(field.default)}\`` : '; may be absent';
}

function meaningOf(message: string, path: string): string {
  const meaning = FIELD_MEANINGS[`${message}.${path}`] ?? FIELD_MEANINGS[path];
  if (meaning === undefined)
    throw new Error(`tools/docs/wire/fields.ts does not say what ${path} of ${message} means`);
  return meaning;
}

const NAMED_PATTERNS: readonly [start: string, word: string][] = [
  ['^[A-Za-z0-9_-]{1,64}$', 'id'],
  ['^[0-9a-f]{8}-', 'UUIDv7'],
  ['^[0-9]{1,19}$', 'digits'],
];

function valueOf(field: JsonSchema): string {
  if (field.anyOf) return field.anyOf.map(valueOf).join(' or ');
  if (field.enum) return field.enum.map((value) => `\`${String(value)}\``).join(' ');
  switch (field.type) {
    case 'null':
      return 'null';
    case 'string':
      return stringOf(field);
    case 'integer':
      return `integer ${field.minimum ?? ''}…${field.maximum ?? ''}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `list of ${field.items?.properties ? 'objects' : valueOf(field.items ?? {})}`;
    case 'object':
      return field.properties ? 'object' : 'object of strings';
    default:
      return 'any JSON';
  }
}

function stringOf({ pattern, maxLength }: JsonSchema): string {
  const named = NAMED_PATTERNS.find(([start]) => pattern?.startsWith(start));
  return named?.[1] ?? (maxLength === undefined ? 'text' : `text ≤ ${maxLength}`);
}
