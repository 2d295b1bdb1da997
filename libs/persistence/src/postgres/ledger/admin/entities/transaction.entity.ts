import type { Attempt, BranchResult, CompensationDemand, Decision, Fallback, Heuristic, Mode, PlannedBranch, TransactionState } from '#protocol'; // prettier-ignore
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Read side of concordat.transaction; only the hot path writes it. */
@Entity({ schema: 'concordat', name: 'transaction' })
export class TransactionEntity {
  @PrimaryColumn('uuid')
  gtx!: string;

  @Column('text')
  mode!: Mode;

  @Column('text')
  fallback!: Fallback;

  @Column('text')
  state!: TransactionState;

  @Column('integer')
  attempt!: number;

  @Column('text', { nullable: true })
  decision!: Decision | null;

  @Column('jsonb')
  attempts!: readonly Attempt[];

  @Column('json')
  branches!: readonly PlannedBranch[];

  @Column('json')
  results!: readonly BranchResult[];

  @Column('text')
  heuristic!: Heuristic;

  @Column('json', { nullable: true })
  demand!: CompensationDemand | null;

  @Column('integer')
  version!: number;

  @Column('integer', { name: 'ledger_epoch' })
  ledgerEpoch!: number;

  @Column('integer', { name: 'timeout_ms' })
  timeoutMs!: number;

  @Column('text', { array: true })
  participants!: string[];

  @Column('text', { nullable: true })
  driver!: string | null;

  @Column('integer')
  tries!: number;

  @Column('text', { name: 'business_key', nullable: true })
  businessKey!: string | null;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('text', { name: 'body_hash', nullable: true })
  bodyHash!: string | null;

  @Column('boolean')
  tombstone!: boolean;

  @Column('text', { nullable: true })
  initiator!: string | null;

  @Column('text', { nullable: true })
  traceparent!: string | null;

  @Column('timestamptz')
  deadline!: Date;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
