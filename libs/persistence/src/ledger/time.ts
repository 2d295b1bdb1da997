let lastMs = Number.NaN;
let lastIso = '';

/**
 * ISO 8601 in UTC with milliseconds: the one text form of a stored time. `epochMs` may have a fraction; it is cut off.
 * One moment is asked for many times in a row (every row of a batch), and making its text is dear.
 */
export function isoOf(epochMs: number): string {
  if (epochMs === lastMs) return lastIso;
  lastIso = new Date(epochMs).toISOString();
  lastMs = epochMs;
  return lastIso;
}
