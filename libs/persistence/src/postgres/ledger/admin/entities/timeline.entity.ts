import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A line of the timeline; a view over the steps of concordat.event. */
@Entity({ schema: 'concordat', name: 'timeline' })
export class TimelineEntity {
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
