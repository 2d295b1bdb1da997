import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row that speaks for the whole ledger. */
@Entity({ schema: 'concordat', name: 'ledger_state' })
export class LedgerStateEntity {
  @PrimaryColumn('boolean', { name: 'only_row' })
  onlyRow!: true;

  @Column('integer')
  epoch!: number;

  @Column('boolean')
  hold!: boolean;

  @Column('timestamptz', { name: 'changed_at' })
  changedAt!: Date;
}
