import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accounts in integer cents, and every change of them.
 *
 * - `held` is part of the balance that may not be spent.
 * - No CHECK keeps the balance at or above 0: every debit asks for cover itself, but a compensation must never be refused.
 * - `entry` is append-only: the balance is the sum of its rows. gtx and branch are null where a person set it (`PUT /accounts`).
 *   Nothing makes its rows unique: an effect that happened twice shows as two rows.
 */
export class CreateAccounts1790000200001 implements MigrationInterface {
  readonly name = 'CreateAccounts1790000200001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS payments');
    await runner.query(`
      CREATE TABLE payments.account (
        id      text COLLATE "C" PRIMARY KEY,
        balance bigint NOT NULL,
        held    bigint NOT NULL DEFAULT 0 CHECK (held >= 0)
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE payments.entry (
        id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        gtx      uuid,
        branch   text COLLATE "C",
        account  text COLLATE "C" NOT NULL,
        amount   bigint NOT NULL,
        order_id text COLLATE "C",
        at       timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA payments CASCADE');
  }
}
