import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `concordat.outbox`: requests an initiator wrote in its own local transaction (protocol.md §6).
 *
 * state: pending → accepted → done, pending → done, pending → rejected. pending is sent again until it is closed; accepted
 * waits for its outcome. `delivered_at`: the initiator's callback heard the end (done or rejected).
 *
 * `request` is json: jsonb refuses an escaped NUL, and the error would abort the caller's own transaction.
 *
 * Indexes hold open rows only, so the relay's look costs the same over any history; the table is append and delete.
 *  - outbox_due: the relay's claim, in order of next_at.
 *  - outbox_order: is an earlier request of the same ordering key still pending?
 *  - outbox_undelivered: ends that the callback has not heard.
 */
export class CreateOutbox1790000000002 implements MigrationInterface {
  readonly name = 'CreateOutbox1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OUTBOX);
    await runner.query(INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE concordat.outbox');
  }
}

const OUTBOX = `
CREATE TABLE concordat.outbox (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gtx             uuid        NOT NULL CONSTRAINT outbox_gtx UNIQUE,
  key             text COLLATE "C",
  request         json        NOT NULL,
  idempotency_key text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'rejected', 'done')),
  attempts        integer     NOT NULL DEFAULT 0,
  next_at         timestamptz NOT NULL DEFAULT now(),
  outcome         text CHECK (outcome IN ('committed', 'aborted')),
  reason          text,
  delivered_at    timestamptz,
  CONSTRAINT outbox_done_has_outcome CHECK ((state = 'done') = (outcome IS NOT NULL))
)`;

const INDEXES = `
CREATE INDEX outbox_due ON concordat.outbox (next_at) WHERE state IN ('pending', 'accepted');
CREATE INDEX outbox_order ON concordat.outbox (key, id) WHERE state = 'pending' AND key IS NOT NULL;
CREATE INDEX outbox_undelivered ON concordat.outbox (next_at) WHERE state IN ('done', 'rejected') AND delivered_at IS NULL`;
