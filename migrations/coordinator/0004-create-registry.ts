import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who takes part: instances that drive (a row is updated twice a second: half of the page stays free), and participants. */
export class CreateRegistry1790000000004 implements MigrationInterface {
  readonly name = 'CreateRegistry1790000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INSTANCE);
    await runner.query(PARTICIPANT);
    await runner.query(PARTICIPANT_INSTANCE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE concordat.instance, concordat.participant, concordat.participant_instance`,
    );
  }
}

const INSTANCE = `
CREATE TABLE concordat.instance (
  id               text PRIMARY KEY,
  role             text NOT NULL,
  url              text,
  reply_partitions integer[] NOT NULL,
  started_at       timestamptz NOT NULL DEFAULT now(),
  heartbeat_at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50)`;

const PARTICIPANT = `
CREATE TABLE concordat.participant (
  name          text PRIMARY KEY,
  operations    json NOT NULL,
  wire_versions integer[] NOT NULL,
  first_seen_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50)`;

const PARTICIPANT_INSTANCE = `
CREATE TABLE concordat.participant_instance (
  participant  text NOT NULL,
  instance     text NOT NULL,
  boot_id      text NOT NULL,
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (participant, instance)
) WITH (fillfactor = 50)`;
