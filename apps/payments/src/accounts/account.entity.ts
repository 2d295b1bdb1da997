import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** PostgreSQL's bigint as a number: every amount is a safe integer of cents. */
const cents = { from: Number, to: (value: number) => value };

/** Somebody's money. */
@Entity({ schema: 'payments', name: 'account' })
export class Account {
  @PrimaryColumn('text')
  id!: string;

  @Column('bigint', { transformer: cents })
  balance!: number;

  /** Part of the balance that may not be spent. */
  @Column('bigint', { transformer: cents })
  held!: number;
}

/** One change of a balance. */
@Entity({ schema: 'payments', name: 'entry' })
export class Entry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  /** null: somebody set the balance. */
  @Column('uuid', { nullable: true })
  gtx!: string | null;

  @Column('text', { nullable: true })
  branch!: string | null;

  @Column('text')
  account!: string;

  @Column('bigint', { transformer: cents })
  amount!: number;

  @Column('text', { name: 'order_id', nullable: true })
  orderId!: string | null;
}
