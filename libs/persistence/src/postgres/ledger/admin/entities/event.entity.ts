import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A line of the timeline. */
@Entity({ schema: 'concordat', name: 'event' })
export class EventEntity {
  @PrimaryColumn('uuid')
  gtx!: string;

  @PrimaryColumn('bigint')
  seq!: string;

  @Column('timestamptz')
  at!: Date;

  @Column('integer')
  attempt!: number;

  @Column('text')
  kind!: string;

  @Column('text')
  instance!: string;

  @Column('text', { nullable: true })
  branch!: string | null;

  @Column('json', { nullable: true })
  detail!: unknown;
}
