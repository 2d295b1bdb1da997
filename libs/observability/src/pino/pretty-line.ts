import picocolors from 'picocolors';

type Line = Readonly<Record<string, unknown>>;

const COLOURS: Record<string, (text: string) => string> = {
  debug: picocolors.dim,
  info: picocolors.green,
  warn: picocolors.yellow,
  error: picocolors.red,
};
const OWN_FIELDS = new Set(['level', 'time', 'name', 'instance', 'msg']);

/** One JSON line as one line for the eye: `12:00:00.123 INFO  coordinator  message  gtx=…`; an error's stack follows below. */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as Line;
  const level = String(line['level']);
  const colour = COLOURS[level] ?? String;
  const fields = Object.entries(line).filter(([name]) => !OWN_FIELDS.has(name));
  const parts = [
    picocolors.dim(String(line['time']).slice(11, 23)),
    colour(level.toUpperCase().padEnd(5)),
    picocolors.cyan(String(line['name']).padEnd(11)),
    printable(String(line['msg'])),
    ...fields.map(([name, value]) => picocolors.dim(`${name}=`) + short(value)),
  ];
  return `${parts.join(' ')}\n${stacks(fields)}`;
}

function short(value: unknown): string {
  if (isError(value)) return printable(value.message);
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function stacks(fields: [string, unknown][]): string {
  return fields
    .flatMap(([, value]) => (isError(value) ? value.stack.split('\n').slice(1) : []))
    .map((frame) => `${picocolors.dim(printable(frame))}\n`)
    .join('');
}

function isError(value: unknown): value is { message: string; stack: string } {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string';
}

/** A terminal obeys control characters, and texts come from outside: show them instead. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => JSON.stringify(char).slice(1, -1));
}
