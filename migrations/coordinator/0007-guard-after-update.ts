import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The guard of decisions looks *after* the change, still inside the statement. A BEFORE trigger makes PostgreSQL lock each row before
 * it asks the WHEN clause: a lock and its WAL record (54 bytes) in every step, for a clause that is false in all ordinary ones.
 */
export class GuardAfterUpdate1790000000007 implements MigrationInterface {
  readonly name = 'GuardAfterUpdate1790000000007';

  async up(runner: QueryRunner): Promise<void> {
    await this.lookAt(runner, 'AFTER');
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.lookAt(runner, 'BEFORE');
  }

  private async lookAt(runner: QueryRunner, moment: 'AFTER' | 'BEFORE'): Promise<void> {
    await runner.query(`DROP TRIGGER transaction_guard_update ON concordat.transaction`);
    await runner.query(guard(moment));
  }
}

const guard = (moment: string): string => `
CREATE TRIGGER transaction_guard_update ${moment} UPDATE ON concordat.transaction FOR EACH ROW
WHEN (
  NEW.attempt <> OLD.attempt
  OR NEW.gtx <> OLD.gtx
  OR (OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision)
  OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
  OR ((OLD.decision IS NOT NULL OR OLD.attempt > 1) AND NEW.attempts IS DISTINCT FROM OLD.attempts)
)
EXECUTE FUNCTION concordat.guard_transaction_update()`;
