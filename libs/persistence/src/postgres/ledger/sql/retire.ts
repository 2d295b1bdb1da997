import type { Statement } from '../../run-statement.js';

/**
 * A graceful stop: the beat is gone, and what was driven is due now, for anybody. Rows are locked in the order of all
 * batches. $1 instance id.
 */
const TEXT = `
WITH gone AS (
  DELETE FROM concordat.instance WHERE id = $1
), driven AS MATERIALIZED (
  SELECT gtx FROM concordat.transaction WHERE ended_at IS NULL AND coalesce(driver, '') = $1 ORDER BY gtx FOR UPDATE
), freed AS (
  UPDATE concordat.transaction t SET driver = NULL, next_at = now(), updated_at = now(), version = t.version + 1
  FROM driven d WHERE t.gtx = d.gtx
  RETURNING t.gtx, t.version, t.attempt
)
INSERT INTO concordat.event (gtx, version, entries)
SELECT gtx, version, json_build_array(json_build_array(json_build_array('RELEASED', attempt, NULL, $1::text), NULL)) FROM freed`;

export const retire = (instanceId: string): Statement => ({
  name: 'ledger_retire',
  text: TEXT,
  values: [instanceId],
});
