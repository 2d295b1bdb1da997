import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is on the shelf, and every change of it.
 *
 * - `reserved` is promised to transactions that are not decided yet; available = on_hand − reserved.
 * - `movement` is append-only: on_hand is the sum of its rows. gtx and branch are null where a person counted (`PUT /stock`).
 *   Nothing makes its rows unique: an effect that happened twice shows as two rows.
 * - Room in the pages of `stock`: its updates are HOT.
 */
export class CreateStock1790000100001 implements MigrationInterface {
  readonly name = 'CreateStock1790000100001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS inventory');
    await runner.query(`
      CREATE TABLE inventory.stock (
        sku      text COLLATE "C" PRIMARY KEY,
        on_hand  bigint NOT NULL CHECK (on_hand >= 0),
        reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
        CONSTRAINT reserved_is_on_hand CHECK (reserved <= on_hand)
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE inventory.movement (
        id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        gtx      uuid,
        branch   text COLLATE "C",
        sku      text COLLATE "C" NOT NULL,
        quantity bigint NOT NULL,
        at       timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA inventory CASCADE');
  }
}
