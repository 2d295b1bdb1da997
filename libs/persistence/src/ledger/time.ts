/** ISO 8601 in UTC with milliseconds: the one text form of a stored time. `epochMs` may have a fraction; it is cut off. */
export const isoOf = (epochMs: number): string => new Date(epochMs).toISOString();
