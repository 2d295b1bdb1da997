import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `concordat.move_rows`: the change of state of many branches, which looks rows up in sessions whose planner belongs to the handlers.
 *
 * A function, for its SET clauses: they hold inside it alone. Its plan is made once a session and reaches rows by their key, whatever
 * the statistics say. As a plain statement it had to be planned anew for every batch, and read the whole table until that had
 * grown to some ten thousand rows: half of what a confirm cost the server (README of libs/persistence).
 *
 * Arguments, one element per row: key, states it may leave (separated by commas), new state, output and error (SQL's NULL leaves them
 * as they are), whether the error is cleared. Returns the rows that moved, as they are now.
 */
export class MoveRows1790000000003 implements MigrationInterface {
  readonly name = 'MoveRows1790000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(MOVE_ROWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION concordat.move_rows');
  }
}

const MOVE_ROWS = `
CREATE FUNCTION concordat.move_rows(
  gtxs uuid[], branches text[], attempts integer[], from_states text[], to_states text[], outputs json[], errors json[], clears boolean[]
) RETURNS SETOF concordat.branch LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_mergejoin = off SET jit = off
AS $$
BEGIN
  RETURN QUERY
  UPDATE concordat.branch b
  SET state = k.to_state, updated_at = now(), output = coalesce(k.output, b.output),
      error = CASE WHEN k.clear_error THEN NULL ELSE coalesce(k.error, b.error) END
  FROM unnest(gtxs, branches, attempts, from_states, to_states, outputs, errors, clears)
    AS k (gtx, branch, attempt, may_leave, to_state, output, error, clear_error)
  WHERE b.gtx = k.gtx AND b.branch = k.branch AND b.attempt = k.attempt
    AND b.state = ANY (string_to_array(k.may_leave, ','))
  RETURNING b.*;
END $$`;
