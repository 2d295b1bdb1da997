import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { OrderLine } from './order-request.js';

export const ORDER_STATUSES = ['PENDING', 'CONFIRMED', 'REJECTED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** PostgreSQL's bigint as a number: every total is a safe integer of cents. */
const cents = { from: Number, to: (value: number) => value };

/** An order and the global transaction that decides it. */
@Entity({ schema: 'orders', name: 'customer_order' })
export class Order {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'transaction_id' })
  transactionId!: string;

  /** Leaves PENDING once, by the outcome of the transaction. */
  @Column('text', { default: 'PENDING' })
  status!: OrderStatus;

  /** Why it was rejected: the refusal code. */
  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('text')
  account!: string;

  @Column('jsonb')
  lines!: OrderLine[];

  @Column('bigint', { transformer: cents })
  total!: number;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey!: string | null;

  @Column('text', { name: 'body_hash' })
  bodyHash!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
