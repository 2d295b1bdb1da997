import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** PostgreSQL's bigint as a number: every quantity is a safe integer. */
const quantity = { from: Number, to: (value: number) => value };

/** How much of a sku there is. */
@Entity({ schema: 'inventory', name: 'stock' })
export class Stock {
  @PrimaryColumn('text')
  sku!: string;

  @Column('bigint', { name: 'on_hand', transformer: quantity })
  onHand!: number;

  /** Promised to transactions that are not decided yet. */
  @Column('bigint', { transformer: quantity })
  reserved!: number;
}

/** One change of what is on the shelf. */
@Entity({ schema: 'inventory', name: 'movement' })
export class Movement {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  /** null: somebody counted. */
  @Column('uuid', { nullable: true })
  gtx!: string | null;

  @Column('text', { nullable: true })
  branch!: string | null;

  @Column('text')
  sku!: string;

  @Column('bigint', { transformer: quantity })
  quantity!: number;
}
