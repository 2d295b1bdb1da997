import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `concordat.move_all_rows`: `move_rows` for a caller who sends COMMIT in the same message and so cannot look at the answer first. Where
 * a row does not move it fails, with a SQLSTATE of its own, and the server skips what stands behind it up to the Sync.
 */
export class MoveAllRows1790000000004 implements MigrationInterface {
  readonly name = 'MoveAllRows1790000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(MOVE_ALL_ROWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION concordat.move_all_rows');
  }
}

const MOVE_ALL_ROWS = `
CREATE FUNCTION concordat.move_all_rows(
  gtxs uuid[], branches text[], attempts integer[], from_states text[], to_states text[], outputs json[], errors json[], clears boolean[]
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE concordat.branch b
  SET state = k.to_state, updated_at = now(), output = coalesce(k.output, b.output),
      error = CASE WHEN k.clear_error THEN NULL ELSE coalesce(k.error, b.error) END
  FROM unnest(gtxs, branches, attempts, from_states, to_states, outputs, errors, clears)
    AS k (gtx, branch, attempt, may_leave, to_state, output, error, clear_error)
  WHERE b.gtx = k.gtx AND b.branch = k.branch AND b.attempt = k.attempt
    AND b.state = ANY (string_to_array(k.may_leave, ','));
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> cardinality(gtxs) THEN
    RAISE EXCEPTION 'a branch is not in a state it may leave' USING ERRCODE = 'CC002';
  END IF;
END $$`;
