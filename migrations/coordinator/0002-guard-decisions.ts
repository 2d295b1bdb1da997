import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The database itself keeps the promise of the write-once cell (G2, L1), also against a hand-written UPDATE.
 * The WHEN clauses are false for every ordinary step (deciding, acknowledging, ending), so that the function is called
 * only for a change of attempt or for what must be refused. SQLSTATE CC001: refused by the guard.
 */
export class GuardDecisions1790000000002 implements MigrationInterface {
  readonly name = 'GuardDecisions1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GUARD_UPDATE);
    await runner.query(UPDATE_TRIGGER);
    await runner.query(GUARD_DELETE);
    await runner.query(DELETE_TRIGGER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER transaction_guard_update ON concordat.transaction`);
    await runner.query(`DROP TRIGGER transaction_guard_delete ON concordat.transaction`);
    await runner.query(
      `DROP FUNCTION concordat.guard_transaction_update(), concordat.guard_transaction_delete()`,
    );
  }
}

const GUARD_UPDATE = `
CREATE FUNCTION concordat.guard_transaction_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'transaction % has ended and stays so', OLD.gtx USING ERRCODE = 'CC001';
  END IF;
  IF NEW.gtx <> OLD.gtx OR NEW.attempt NOT IN (OLD.attempt, OLD.attempt + 1) THEN
    RAISE EXCEPTION 'transaction %: attempt % cannot follow attempt %', OLD.gtx, NEW.attempt, OLD.attempt
      USING ERRCODE = 'CC001';
  END IF;
  IF NEW.attempt > OLD.attempt AND NEW.attempts -> (OLD.attempt - 1) ->> 'decision' IS DISTINCT FROM 'ABORT' THEN
    RAISE EXCEPTION 'transaction %: attempt % may only follow an aborted attempt', OLD.gtx, NEW.attempt
      USING ERRCODE = 'CC001';
  END IF;
  IF NEW.attempt = OLD.attempt AND OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'transaction %: the decision % of attempt % is written once', OLD.gtx, OLD.decision, OLD.attempt
      USING ERRCODE = 'CC001';
  END IF;
  IF EXISTS (
    SELECT FROM jsonb_array_elements(OLD.attempts) WITH ORDINALITY AS old_entry (entry, place)
    WHERE entry ->> 'decision' IS NOT NULL AND NEW.attempts -> (place::int - 1) IS DISTINCT FROM entry
  ) THEN
    RAISE EXCEPTION 'transaction %: a decided attempt is history and stays as it is', OLD.gtx USING ERRCODE = 'CC001';
  END IF;
  RETURN NEW;
END $$`;

const UPDATE_TRIGGER = `
CREATE TRIGGER transaction_guard_update BEFORE UPDATE ON concordat.transaction FOR EACH ROW
WHEN (
  NEW.attempt <> OLD.attempt
  OR NEW.gtx <> OLD.gtx
  OR (OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision)
  OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
  OR ((OLD.decision IS NOT NULL OR OLD.attempt > 1) AND NEW.attempts IS DISTINCT FROM OLD.attempts)
)
EXECUTE FUNCTION concordat.guard_transaction_update()`;

const GUARD_DELETE = `
CREATE FUNCTION concordat.guard_transaction_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'transaction % has not ended: its row is the only truth about it', OLD.gtx USING ERRCODE = 'CC001';
END $$`;

const DELETE_TRIGGER = `
CREATE TRIGGER transaction_guard_delete BEFORE DELETE ON concordat.transaction FOR EACH ROW
WHEN (OLD.ended_at IS NULL)
EXECUTE FUNCTION concordat.guard_transaction_delete()`;
