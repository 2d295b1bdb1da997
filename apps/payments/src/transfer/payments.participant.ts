import { Refused, type BranchContext } from '#participant';
import { Action, Compensate, Participant, Xa } from '#participant/nest';
import { type AccountChange, changeAccount } from './account-sql.js';
import { type TransferPayload, transferPayload } from './transfer-payload.js';

type Branch = BranchContext<TransferPayload>;

/**
 * Money in transactions. By xa it moves when the transaction commits and nobody sees it before; as a saga step it moves at once, and
 * back when the saga is compensated. Isolation is that of the account's row lock.
 */
@Participant('payments')
export class PaymentsParticipant {
  @Xa('charge', transferPayload)
  @Action('charge', transferPayload)
  async charge(tx: Branch): Promise<void> {
    await this.move(tx, 'debit', 'INSUFFICIENT_FUNDS');
  }

  @Compensate('charge')
  async undoCharge(tx: Branch): Promise<void> {
    await this.undo(tx, 'undoDebit');
  }

  @Xa('credit', transferPayload)
  @Action('credit', transferPayload)
  async credit(tx: Branch): Promise<void> {
    await this.move(tx, 'credit', 'BALANCE_LIMIT');
  }

  @Compensate('credit')
  async undoCredit(tx: Branch): Promise<void> {
    await this.undo(tx, 'undoCredit');
  }

  private async move(tx: Branch, change: AccountChange, refusal: string): Promise<void> {
    const { account, amount } = tx.payload;
    const result = await changeAccount(tx.client, change, tx);
    if (result === 'unknown') throw new Refused('UNKNOWN_ACCOUNT', `there is no account ${account}`);
    if (result === 'not covered') throw new Refused(refusal, `${amount} cents on account ${account}`);
  }

  /** No account is ever deleted: a change that happened can be undone. Anything else is a fault, and is tried again. */
  private async undo(tx: Branch, change: AccountChange): Promise<void> {
    const result = await changeAccount(tx.client, change, tx);
    if (result !== 'changed') throw new Error(`account ${tx.payload.account} is ${result}: cannot undo`);
  }
}
