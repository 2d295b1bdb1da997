import type { ClientBase } from 'pg';
import { Refused, type BatchResult, type BranchContext } from '#participant';
import {
  ActionBatch, CancelBatch, CompensateBatch, ConfirmBatch, Participant, TccBatch,
} from '#participant/nest'; // prettier-ignore
import { gtxId } from '#wire';
import { type ConfirmationMove, moveConfirmations } from './confirmation-sql.js';
import { type ConfirmPayload, confirmPayload } from './confirm-payload.js';

type Batch = readonly BranchContext<ConfirmPayload>[];

/**
 * The order's own branch of its transaction: the order is still there and open. It does not decide the order: that is done by the
 * outcome (`CloseOrders`), because a confirmed branch says nothing about the others.
 */
@Participant('orders')
export class OrdersParticipant {
  @TccBatch('confirm', confirmPayload)
  hold(batch: Batch, client: ClientBase): Promise<readonly BatchResult[]> {
    return this.take('hold', batch, client);
  }

  @ConfirmBatch('confirm')
  async confirm(batch: Batch, client: ClientBase): Promise<void> {
    await this.finish('confirm', batch, client);
  }

  @CancelBatch('confirm')
  async release(batch: Batch, client: ClientBase): Promise<void> {
    await this.finish('release', batch, client);
  }

  @ActionBatch('confirm', confirmPayload)
  record(batch: Batch, client: ClientBase): Promise<readonly BatchResult[]> {
    return this.take('record', batch, client);
  }

  @CompensateBatch('confirm')
  async withdraw(batch: Batch, client: ClientBase): Promise<void> {
    await this.finish('withdraw', batch, client);
  }

  private async take(
    move: ConfirmationMove,
    batch: Batch,
    client: ClientBase,
  ): Promise<readonly BatchResult[]> {
    // Ids that are none of ours would spoil the statement for all.
    const known = batch.map(confirmationOf).filter(({ orderId }) => gtxId.safeParse(orderId).success);
    const moved = await moveConfirmations(client, move, known);
    return batch.map((branch) => (moved.has(branch.payload.orderId) ? null : notOpen(branch)));
  }

  private async finish(move: ConfirmationMove, batch: Batch, client: ClientBase): Promise<void> {
    const moved = await moveConfirmations(client, move, batch.map(confirmationOf));
    const left = batch.filter(({ payload }) => !moved.has(payload.orderId));
    if (left.length > 0)
      throw new Error(`cannot ${move} order ${left[0]!.payload.orderId}: not in the state before`);
  }
}

function confirmationOf({ gtx, payload }: Batch[number]): { orderId: string; gtx: string } {
  return { orderId: payload.orderId, gtx };
}

function notOpen({ gtx, payload }: Batch[number]): Refused {
  return new Refused('ORDER_NOT_OPEN', `${payload.orderId} is no open order of transaction ${gtx}`);
}
