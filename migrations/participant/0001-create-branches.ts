import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `concordat.branch` and `concordat.fence`, beside the business tables of a participant (protocol.md §3).
 *
 * - Payloads are `json`, not `jsonb`: they are stored and handed back, never searched; `json` keeps every text that is
 *   valid JSON (also an escaped NUL, which `jsonb` refuses) and costs no conversion.
 * - Names are COLLATE "C": compared as bytes, in the order in which batches take their locks.
 * - `branch_prepared` finds what is in doubt without reading the finished history. Its price: a change of `state`
 *   cannot be a HOT update, as the predicate names the column. That is one more entry in the primary key per ended branch
 *   (measured: README of libs/persistence); without it every look for in-doubt work reads the whole table.
 * - No index for listing or garbage collection: a gtx is a UUIDv7, so the primary key is in order of age.
 * - `fence` has no index beside its key and leaves room in its pages: raising a fence is a HOT update.
 */
export class CreateBranches1790000000001 implements MigrationInterface {
  readonly name = 'CreateBranches1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS concordat');
    await runner.query(`
      CREATE TABLE concordat.branch (
        gtx          uuid             NOT NULL,
        branch       text COLLATE "C" NOT NULL,
        attempt      integer          NOT NULL,
        style        text             NOT NULL,
        state        text             NOT NULL,
        operation    text,
        payload      json,
        output       json,
        error        json,
        ledger_epoch integer          NOT NULL,
        updated_at   timestamptz      NOT NULL DEFAULT now(),
        CONSTRAINT branch_pk PRIMARY KEY (gtx, branch, attempt)
      )`);
    await runner.query(
      `CREATE INDEX branch_prepared ON concordat.branch (updated_at) WHERE state = 'PREPARED'`,
    );
    await runner.query(`
      CREATE TABLE concordat.fence (
        gtx         uuid             NOT NULL,
        branch      text COLLATE "C" NOT NULL,
        max_attempt integer          NOT NULL,
        CONSTRAINT fence_pk PRIMARY KEY (gtx, branch)
      ) WITH (fillfactor = 90)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE concordat.fence');
    await runner.query('DROP TABLE concordat.branch');
  }
}
