import type { TimelineEntry } from '../../../port/ledger.js';
import { jsonArray, plainArray, textArray } from '../arrays.js';

/** One transaction and the entries its change appends. */
export interface Noted {
  readonly gtx: string;
  readonly timeline: readonly TimelineEntry[];
}

/**
 * `INSERT` of the entries whose gtx is in the CTE `changed`; the first parameter is `$first`, six follow one another.
 * `IS TRUE` keeps the planner from turning IN into a join, which a generic plan would do row by row for every row: this way
 * it is one hash table.
 */
export const noteTimeline = (first: number, changed: string): string => `
  INSERT INTO concordat.event (gtx, attempt, kind, instance, branch, detail)
  SELECT e.gtx, e.attempt, e.kind, e.instance, e.branch, e.detail
  FROM unnest($${first}::uuid[], $${first + 1}::int[], $${first + 2}::text[], $${first + 3}::text[],
              $${first + 4}::text[], $${first + 5}::json[]) AS e (gtx, attempt, kind, instance, branch, detail)
  WHERE (e.gtx IN (SELECT gtx FROM ${changed})) IS TRUE`;

/** The six parameters: gtx, attempt, kind, instance, branch, detail; one element per entry. */
export function timelineValues(batch: readonly Noted[]): unknown[] {
  const entries = batch.flatMap(({ gtx, timeline }) => timeline.map((entry) => ({ gtx, entry })));
  return [
    plainArray(entries.map(({ gtx }) => gtx)),
    plainArray(entries.map(({ entry }) => entry.attempt)),
    textArray(entries.map(({ entry }) => entry.kind)),
    textArray(entries.map(({ entry }) => entry.instance)),
    textArray(entries.map(({ entry }) => entry.branch)),
    jsonArray(entries.map(({ entry }) => entry.detail)),
  ];
}
