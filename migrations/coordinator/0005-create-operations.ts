import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What operators read: their own acts, and the messages that were refused. */
export class CreateOperations1790000000005 implements MigrationInterface {
  readonly name = 'CreateOperations1790000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(AUDIT_LOG);
    await runner.query(DEAD_LETTER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE concordat.audit_log, concordat.dead_letter`);
  }
}

const AUDIT_LOG = `
CREATE TABLE concordat.audit_log (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  action   text NOT NULL,
  gtx      uuid,
  caller   text NOT NULL,
  reason   text NOT NULL,
  dry_run  boolean NOT NULL,
  accepted boolean NOT NULL,
  detail   json
)`;

const DEAD_LETTER = `
CREATE TABLE concordat.dead_letter (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  key           text,
  headers       json NOT NULL,
  value         text,
  truncated     boolean NOT NULL,
  reason        text NOT NULL,
  detail        text NOT NULL,
  app           text NOT NULL,
  instance      text NOT NULL,
  stored_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  requeued_at   timestamptz,
  requeued_by   text,
  UNIQUE (topic, partition, record_offset)
)`;
