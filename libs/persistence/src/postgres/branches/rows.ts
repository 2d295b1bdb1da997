import { arrayOf, NULL, plainArray, quotedJson, textArray } from '../ledger/arrays.js';
import type { Json } from '#protocol';
import type { BranchKey, BranchRow, NewBranchRow } from '../../port/branch-store.js';

/** A branch row as the statements return it. */
export interface RawRow {
  readonly gtx: string;
  readonly branch: string;
  readonly attempt: number;
  readonly style: BranchRow['style'];
  readonly state: BranchRow['state'];
  readonly operation: string | null;
  readonly payload: Json;
  readonly output: Json;
  readonly error: BranchRow['error'];
  readonly ledger_epoch: number;
  readonly updated_at: string;
  readonly age_ms: number;
}

/** Times leave the database as text: what pg makes of a timestamptz is a setting of the whole process. */
export const isoTime = (expression: string): string =>
  `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Elapsed milliseconds by the database's clock, as a number (extract yields numeric, which pg hands over as text). */
export const elapsedMs = (expression: string): string =>
  `(extract(epoch FROM clock_timestamp() - ${expression}) * 1000)::float8`;

const WITHOUT_TIMES = `b.gtx, b.branch, b.attempt, b.style, b.state, b.operation, b.payload, b.output, b.error, b.ledger_epoch`;

/** Columns of a RawRow, of the table alias `b`. */
export const ROW_COLUMNS = `${WITHOUT_TIMES},
  ${isoTime('b.updated_at')} AS updated_at, ${elapsedMs('b.updated_at')} AS age_ms`;

/** The same of rows that were updated in this local transaction: they have one time, which is written once. */
export const UPDATED_ROW_COLUMNS = `${WITHOUT_TIMES}, (SELECT ${isoTime('now()')}) AS updated_at, 0::float8 AS age_ms`;

export const toBranchRow = (raw: RawRow): BranchRow => ({
  gtx: raw.gtx,
  branch: raw.branch,
  attempt: raw.attempt,
  style: raw.style,
  state: raw.state,
  operation: raw.operation,
  payload: raw.payload,
  output: raw.output,
  error: raw.error,
  ledgerEpoch: raw.ledger_epoch,
  updatedAt: raw.updated_at,
  ageMs: raw.age_ms,
});

/**
 * JSON values as an array parameter: undefined is SQL NULL, null the JSON text `null`. The difference counts: SQL NULL in a
 * JSON column means "forgotten", and "as it is" where rows are moved.
 */
export const jsonColumn = (values: readonly (Json | undefined)[]): string =>
  arrayOf(values.map((value) => (value === undefined ? NULL : quotedJson(value))));

/** Keys as parallel arrays, for `unnest`. A branch may be called NULL: names are quoted. */
export const keyColumns = (keys: readonly BranchKey[]): unknown[] => [
  plainArray(keys.map((key) => key.gtx)),
  textArray(keys.map((key) => key.branch)),
  plainArray(keys.map((key) => key.attempt)),
];

/** New rows as parallel arrays, for `unnest`. */
export const columnsOf = (rows: readonly NewBranchRow[]): unknown[] => [
  ...keyColumns(rows),
  plainArray(rows.map((row) => row.style)),
  plainArray(rows.map((row) => row.state)),
  textArray(rows.map((row) => row.operation)),
  jsonColumn(rows.map((row) => row.payload)),
  jsonColumn(rows.map((row) => row.output)),
  jsonColumn(rows.map((row) => row.error ?? undefined)),
  plainArray(rows.map((row) => row.ledgerEpoch)),
];

/** The arrays of {@link columnsOf} as a table `k`. */
export const UNNEST_ROWS = `unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[],
  $7::json[], $8::json[], $9::json[], $10::int[])
  AS k(gtx, branch, attempt, style, state, operation, payload, output, error, ledger_epoch)`;

export const INSERT_COLUMNS =
  'gtx, branch, attempt, style, state, operation, payload, output, error, ledger_epoch';
