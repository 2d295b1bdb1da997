/** Unix milliseconds in a UUIDv7: its first 48 bits. */
export function uuidv7Millis(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Ids older than retention could meet rows that are gone; ids of the future would outlive theirs (protocol.md §6). Days of margin: the wall clock is enough (§1). */
export function idFault(
  id: string,
  wallMs: number,
  limits: { readonly retentionMs: number; readonly idAheadMs: number },
): 'ID_TOO_OLD' | 'ID_IN_FUTURE' | null {
  const bornMs = uuidv7Millis(id);
  if (bornMs < wallMs - limits.retentionMs) return 'ID_TOO_OLD';
  return bornMs > wallMs + limits.idAheadMs ? 'ID_IN_FUTURE' : null;
}
