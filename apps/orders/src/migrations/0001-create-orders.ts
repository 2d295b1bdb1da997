import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Orders. Two things about an order are told apart:
 * - `status` is what customers see. It leaves PENDING once, by the outcome of the order's transaction.
 * - `confirmation` is this participant's own branch of that transaction (operation `confirm`): none → held → confirmed.
 *   A confirmed branch says nothing about the others, so nobody is shown it.
 *
 * Ids are UUIDv7: the primary key is in order of age, and lists need no other index than one by status.
 */
export class CreateOrders1790000300001 implements MigrationInterface {
  readonly name = 'CreateOrders1790000300001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS orders');
    await runner.query(ORDERS);
    await runner.query('CREATE INDEX customer_order_status ON orders.customer_order (status, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA orders CASCADE');
  }
}

const ORDERS = `
CREATE TABLE orders.customer_order (
  id              uuid PRIMARY KEY,
  transaction_id  uuid NOT NULL CONSTRAINT customer_order_transaction UNIQUE,
  status          text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'CONFIRMED', 'REJECTED')),
  reason          text,
  confirmation    text NOT NULL DEFAULT 'none' CHECK (confirmation IN ('none', 'held', 'confirmed')),
  account         text NOT NULL,
  lines           jsonb NOT NULL,
  total           bigint NOT NULL CHECK (total >= 0),
  idempotency_key text CONSTRAINT customer_order_idempotency_key UNIQUE,
  body_hash       text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now()
)`;
