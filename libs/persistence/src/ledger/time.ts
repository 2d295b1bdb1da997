const MAX_KNOWN = 1_024;
const known = new Map<number, string>();

/**
 * ISO 8601 in UTC with milliseconds: the one text form of a stored time. `epochMs` may have a fraction; it is cut off.
 * The same few moments are asked for many times in a row (the rows of a batch), and making their text is dear.
 */
export function isoOf(epochMs: number): string {
  const text = known.get(epochMs);
  if (text !== undefined) return text;
  if (known.size >= MAX_KNOWN) known.clear();
  const made = new Date(epochMs).toISOString();
  known.set(epochMs, made);
  return made;
}
