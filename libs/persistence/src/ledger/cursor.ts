import { LedgerError } from '../port/ledger.js';
import type { Page, PageRequest } from '../port/ledger-admin.js';
import { isGtx } from './batch.js';

const MAX_LIMIT = 200;

/** Rows to read for a page: one more than asked for tells whether there is another page. */
export function pageSize(page: PageRequest): number {
  if (Number.isInteger(page.limit) && page.limit >= 1 && page.limit <= MAX_LIMIT) return page.limit;
  throw new LedgerError('REFUSED', `limit: 1 to ${MAX_LIMIT}, not ${page.limit}`, false);
}

const encode = (place: string): string => Buffer.from(place).toString('base64url');

/** The last place a page showed. @throws LedgerError REFUSED for a cursor that is not one of ours */
function decode(cursor: string, valid: (place: string) => boolean): string {
  const place = Buffer.from(cursor, 'base64url').toString();
  if (valid(place) && encode(place) === cursor) return place;
  throw new LedgerError('REFUSED', 'cursor: take it from nextCursor of the page before', false);
}

/** Cursor over transactions: the gtx last shown; null at the start. */
export const gtxCursor = (page: PageRequest): string | null =>
  page.cursor === null ? null : decode(page.cursor, isGtx);

/** The cursor of a place that no page showed: all above it was looked at. */
export const cursorAt = (gtx: string): string => encode(gtx);

/** Cursor over numbered rows: the id last shown; null at the start. */
export const idCursor = (page: PageRequest): string | null =>
  page.cursor === null ? null : decode(page.cursor, (place) => /^[1-9]\d{0,17}$/.test(place));

/** Cuts `limit + 1` rows down to a page. */
export function pageOf<T>(rows: readonly T[], page: PageRequest, placeOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > page.limit && last !== undefined ? encode(placeOf(last)) : null };
}
