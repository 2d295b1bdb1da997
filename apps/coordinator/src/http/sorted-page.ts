import { z } from 'zod';
import { decodeCursor, pageOf, type Page } from '#service';

const nameCursor = z.tuple([z.string()]);

/** A page of a list that is small and wholly in memory, by name. */
export function sortedPage<T>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  nameOf: (item: T) => string,
): Page<T> {
  const [after] = decodeCursor(cursor, nameCursor) ?? [null];
  const rest = all
    .filter((item) => after === null || nameOf(item) > after)
    .sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  return pageOf(
    rest,
    limit,
    (item) => [nameOf(item)],
    (item) => item,
  );
}
