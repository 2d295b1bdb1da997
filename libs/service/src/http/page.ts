import { z } from 'zod';
import { invalid } from './problem.js';

/** Keyset lists: every list of every app answers `{items, nextCursor}` and takes `limit` and `cursor`. */

export const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
/** Longer ones are not ours. */
const MAX_CURSOR_CHARS = 1024;

/** Query fields of a list; spread into the strictObject of the endpoint's query. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().min(1).max(MAX_CURSOR_CHARS).optional(),
};

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; hand it back as `cursor`. null = this was the last page. */
  readonly nextCursor: string | null;
}

/** The schema of a page, for OpenAPI. */
export function pageSchema<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

type Key = string | number | null;

/** The key of the last row shown, as an opaque cursor. */
export function encodeCursor(key: readonly Key[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key in a cursor, checked by `schema` (a tuple); null for no cursor. Throws the 400 for one that was not made by
 * `encodeCursor` for this list.
 */
export function decodeCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | null {
  if (cursor === undefined) return null;
  const parsed = schema.safeParse(jsonOf(cursor));
  if (!parsed.success) throw invalid([{ pointer: '/cursor', detail: 'is not a cursor of this list' }]);
  return parsed.data;
}

/** undefined for what is no base64url of JSON; Buffer.from would quietly skip foreign characters. */
function jsonOf(cursor: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A page from rows fetched with `LIMIT limit + 1`: the surplus row says that there is a next page. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  keyOf: (row: R) => readonly Key[],
  show: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(show), nextCursor: more ? encodeCursor(keyOf(last)) : null };
}
