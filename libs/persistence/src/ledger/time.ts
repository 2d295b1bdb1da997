const MAX_KNOWN = 1_024;
const SECOND_MS = 1_000;
/** By second: the text up to the fraction, "2026-01-01T00:00:00.". */
const known = new Map<number, string>();

/**
 * ISO 8601 in UTC with milliseconds: the one text form of a stored time. `epochMs` may have a fraction; it is cut off.
 * The same few seconds are asked for many times in a row, and making their text is dear.
 * Throws RangeError when it is no moment.
 */
export function isoOf(epochMs: number): string {
  const wholeMs = Math.trunc(epochMs);
  const second = Math.floor(wholeMs / SECOND_MS);
  const fraction = wholeMs - second * SECOND_MS;
  return `${upToFraction(second)}${String(fraction).padStart(3, '0')}Z`;
}

function upToFraction(second: number): string {
  const text = known.get(second);
  if (text !== undefined) return text;
  if (known.size >= MAX_KNOWN) known.clear();
  const made = new Date(second * SECOND_MS).toISOString().slice(0, -'000Z'.length);
  known.set(second, made);
  return made;
}
