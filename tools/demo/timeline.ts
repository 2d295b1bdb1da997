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
    describe(entry),
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

interface Fault {
  readonly code: string;
  readonly message: string;
}

const faultText = ({ code, message }: Fault): string => (message === '' ? code : `${code} (${message})`);

/** What each kind of step says; every value comes over the wire, so nothing is taken for granted. */
const WORDS: Readonly<Record<string, (detail: Readonly<Record<string, unknown>>) => string>> = {
  BEGUN: ({ mode, fallback, branches }) =>
    `${String(mode)}${fallback === 'saga' ? ', may fall back to a saga' : ''}: ${[branches].flat().join(', ')}`,
  BRANCH: ({ state, error }) => {
    if (!isFault(error)) return String(state);
    return `${state === 'PENDING' ? 'NO' : String(state)}: ${faultText(error)}`;
  },
  DECIDED: ({ decision, reason }) => `${String(decision)}${reason ? `: ${String(reason)}` : ''}`,
  FALLBACK: ({ mode }) => `attempt goes on as ${String(mode)}`,
  STATE: ({ state }) => String(state),
  ENDED: ({ state }) => String(state),
  TAKEN_OVER: ({ from }) => `from ${String(from)}`,
};

function describe({ kind, detail }: TimelineEntry): string {
  if (typeof detail !== 'object' || detail === null) return '';
  const words = WORDS[kind];
  return words === undefined ? JSON.stringify(detail) : words(detail as Readonly<Record<string, unknown>>);
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
