import type { Statement } from '../../run-statement.js';
import { cleanText, plainArray } from '../arrays.js';

/**
 * Absence is never an answer (protocol.md §7): an ended row whose attempt 1 is aborted, for every gtx that has none. Nothing
 * while the ledger is held. What the rows say is read by a statement of its own.
 * $1 gtxs (sorted), $2 reason, $3 instance.
 */
const TEXT = `
WITH planted AS (
  INSERT INTO concordat.transaction
    (gtx, timeout_ms, ledger_epoch, tombstone, mode, fallback, branch_ids, participants, branches,
     deadline, next_at, ended_at, state, decision, attempts)
  SELECT gtx, 0, ledger.epoch, true, '2pc', 'none', '{}', '{}', '[]', now(), now(), now(), 'ABORTED', 'ABORT',
    jsonb_build_array(jsonb_build_object('attempt', 1, 'mode', '2pc', 'decision', 'ABORT', 'reason', $2::text,
                                         'decidedAt', concordat.iso(now()), 'decidedBy', $3::text))
  FROM concordat.ledger_state ledger, unnest($1::uuid[]) AS gtx
  WHERE NOT ledger.hold
  ON CONFLICT (gtx) DO NOTHING
  RETURNING gtx
)
INSERT INTO concordat.event (gtx, version, entries)
SELECT gtx, 1, json_build_array(json_build_array(json_build_array('TOMBSTONE', 1, NULL, $3::text), json_build_object('reason', $2::text)))
FROM planted`;

export const plantTombstones = (gtxs: readonly string[], reason: string, instance: string): Statement => ({
  name: 'ledger_plant_tombstones',
  text: TEXT,
  values: [plainArray(gtxs), cleanText(reason), instance],
});
