import { z } from 'zod';
import { Refused, type BranchContext } from '#participant';
import { Action, Compensate, Participant, Xa } from '#participant/nest';

const Debit = z.strictObject({ wallet: z.string(), cents: z.int().min(1) });
type Debit = z.output<typeof Debit>;

@Participant('wallets')
export class WalletsParticipant {
  /** Prepared by PREPARE TRANSACTION in 2pc; committed at once as a saga step. */
  @Xa('debit', Debit)
  @Action('debit', Debit)
  async debit({ client, payload }: BranchContext<Debit>): Promise<void> {
    const { rowCount } = await client.query(
      'UPDATE wallet SET cents = cents - $2 WHERE id = $1 AND cents >= $2',
      [payload.wallet, payload.cents],
    );
    // A business NO: final, no retry, no fallback.
    if (rowCount === 0) throw new Refused('INSUFFICIENT_FUNDS');
  }

  /** Undoes a debit that happened; never called for one that did not. */
  @Compensate('debit')
  async refund({ client, payload }: BranchContext<Debit>): Promise<void> {
    await client.query('UPDATE wallet SET cents = cents + $2 WHERE id = $1', [payload.wallet, payload.cents]);
  }
}
