import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What an operator did, or was refused. */
@Entity({ schema: 'concordat', name: 'audit_log' })
export class AuditEntity {
  @PrimaryColumn('bigint')
  id!: string;

  @Column('timestamptz')
  at!: Date;

  @Column('text')
  action!: string;

  @Column('uuid', { nullable: true })
  gtx!: string | null;

  @Column('text')
  caller!: string;

  @Column('text')
  reason!: string;

  @Column('boolean', { name: 'dry_run' })
  dryRun!: boolean;

  @Column('boolean')
  accepted!: boolean;

  @Column('json', { nullable: true })
  detail!: unknown;
}
