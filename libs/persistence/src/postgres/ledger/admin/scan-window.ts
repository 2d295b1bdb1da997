import type { DataSource } from 'typeorm';

/** Rows that one page of a filtered list looks at, at most: some tens of milliseconds, however long the history is. */
const WINDOW_ROWS = 20_000;

/** An id may be ahead of the time of its transaction: by minutes as accepted, by clocks that differ. */
const ID_AHEAD_MS = 3_600_000;

/** Where a page looks, newest first: below `upper`, down to `floor` (inclusive); null: to the end of history. */
export interface ScanWindow {
  readonly upper: string;
  readonly floor: string | null;
}

/**
 * $1 the id last shown, $2 how old rows must be (ms), both or none. Ids begin with their time, so old rows are not searched for
 * from the newest on. $3 WINDOW_ROWS - 1, $4 ID_AHEAD_MS.
 */
const WINDOW = `
WITH bound AS (
  SELECT least(
    coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    CASE WHEN $2::float8 IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
      ELSE (lpad(to_hex(greatest(0, extract(epoch FROM now()) * 1000 - $2::float8 + $4::float8)::bigint), 12, '0')
            || repeat('f', 20))::uuid END) AS upper
)
SELECT upper, (SELECT t.gtx FROM concordat.transaction t WHERE t.gtx < upper ORDER BY t.gtx DESC OFFSET $3 LIMIT 1) AS floor
FROM bound`;

export async function scanWindow(
  source: DataSource,
  after: string | null,
  olderThanMs: number | undefined,
): Promise<ScanWindow> {
  const values = [after, olderThanMs ?? null, WINDOW_ROWS - 1, ID_AHEAD_MS];
  const [window] = await source.query<ScanWindow[]>(WINDOW, values);
  if (window === undefined) throw new Error('the window has one row');
  return window;
}
