import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A refused message. */
@Entity({ schema: 'concordat', name: 'dead_letter' })
export class DeadLetterEntity {
  @PrimaryColumn('bigint')
  id!: string;

  @Column('text')
  topic!: string;

  @Column('integer')
  partition!: number;

  @Column('bigint', { name: 'record_offset' })
  offset!: string;

  @Column('text', { nullable: true })
  key!: string | null;

  @Column('json')
  headers!: Readonly<Record<string, string>>;

  @Column('text', { nullable: true })
  value!: string | null;

  @Column('boolean')
  truncated!: boolean;

  @Column('text')
  reason!: string;

  @Column('text')
  detail!: string;

  @Column('text')
  app!: string;

  @Column('text')
  instance!: string;

  @Column('timestamptz', { name: 'stored_at' })
  storedAt!: Date;

  @Column('timestamptz', { name: 'requeued_at', nullable: true })
  requeuedAt!: Date | null;

  @Column('text', { name: 'requeued_by', nullable: true })
  requeuedBy!: string | null;
}
