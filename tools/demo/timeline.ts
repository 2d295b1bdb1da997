/** One durable step, as GET /v1/transactions/{id}/timeline tells it. */
export interface TimelineEntry {
  /** ISO time of the ledger's database. */
  readonly at: string;
  readonly kind: string;
  readonly attempt: number;
  readonly branch: string | null;
  readonly instance: string;
  readonly detail: unknown;
}

const TITLES = ['time', 'attempt', 'step', 'branch', 'written by', ''] as const;
const GAP = '  ';

/** The steps as lines of a table; times count from the first step. */
export function timelineTable(entries: readonly TimelineEntry[]): string[] {
  const begin = Date.parse(entries[0]?.at ?? '');
  const rows = entries.map((entry) => [
    `+${Date.parse(entry.at) - begin} ms`,
    String(entry.attempt),
    entry.kind,
    entry.branch ?? '',
    entry.instance,
    describe(entry.detail),
  ]);
  const widths = TITLES.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [[...TITLES], ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** A detail in the fewest words: its values, and names only where a value alone says nothing. */
function describe(detail: unknown): string {
  if (detail === null || typeof detail !== 'object') return detail === null ? '' : String(detail);
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => word(name, value))
    .join(', ');
}

const SAY_NAME = ['from', 'by', 'reason'];

function word(name: string, value: unknown): string {
  if (isFault(value)) return value.message === '' ? value.code : `${value.code} (${value.message})`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return SAY_NAME.includes(name) ? `${name} ${text}` : text;
}

function isFault(value: unknown): value is { code: string; message: string } {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
