import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `event`: the timeline. Read by gtx only, so its one index is the primary key (gtx, seq); `seq` follows the order of
 * the changes of a transaction because the number is drawn under the lock of its row.
 * `idempotency_key`: one row per request that carried a key; the index on gtx serves garbage collection.
 */
export class CreateTimelineAndKeys1790000000003 implements MigrationInterface {
  readonly name = 'CreateTimelineAndKeys1790000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(EVENT);
    await runner.query(IDEMPOTENCY_KEY);
    await runner.query(`CREATE INDEX idempotency_key_gtx ON concordat.idempotency_key (gtx)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE concordat.event, concordat.idempotency_key`);
  }
}

const EVENT = `
CREATE TABLE concordat.event (
  gtx      uuid NOT NULL,
  seq      bigint GENERATED ALWAYS AS IDENTITY,
  at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempt  integer NOT NULL,
  kind     text NOT NULL,
  instance text NOT NULL,
  branch   text,
  detail   json,
  PRIMARY KEY (gtx, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05)`;

const IDEMPOTENCY_KEY = `
CREATE TABLE concordat.idempotency_key (
  key        text PRIMARY KEY,
  gtx        uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
)`;
