import type { ClaimOptions } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';
import { plainArray, textArray } from '../arrays.js';
import { TRANSACTION_COLUMNS } from '../columns.js';

/**
 * Hands overdue, undriven and orphaned transactions to one driver. Two ways in, one index each; rows another claimer or
 * writer holds are passed over. Rows locked beyond the limit are free again when the statement ends.
 * $1 instance, $2 dead instances, $3 limit, $4 ms until next_at, $5 timeline kind, $6 driven all the same.
 */
const TEXT = `
WITH due AS MATERIALIZED (
  SELECT gtx, driver FROM concordat.transaction
  WHERE ended_at IS NULL AND next_at <= now()
  ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
), orphaned AS MATERIALIZED (
  SELECT gtx, driver FROM concordat.transaction
  WHERE ended_at IS NULL AND coalesce(driver, '') = ANY (array_append($2::text[], '')) AND gtx <> ALL ($6::uuid[])
  LIMIT $3 FOR UPDATE SKIP LOCKED
), picked AS MATERIALIZED (
  SELECT gtx, driver FROM due UNION SELECT gtx, driver FROM orphaned LIMIT $3
), taken AS (
  UPDATE concordat.transaction t SET
    driver = $1, next_at = now() + $4::float8 * interval '1 ms', updated_at = now(), version = t.version + 1
  FROM picked p WHERE t.gtx = p.gtx
  RETURNING ${TRANSACTION_COLUMNS}, p.driver AS former
), noted AS (
  INSERT INTO concordat.event (gtx, version, entries)
  SELECT gtx, version, json_build_array(json_build_array(json_build_array($5::text, attempt, NULL, $1::text), json_build_object('from', former)))
  FROM taken
)
SELECT * FROM taken ORDER BY gtx`;

export const claim = (options: ClaimOptions): Statement => ({
  name: 'ledger_claim',
  text: TEXT,
  values: [
    options.instanceId,
    textArray(options.deadInstances),
    options.limit,
    options.nextInMs,
    options.timelineKind,
    plainArray(options.driven ?? []),
  ],
});
