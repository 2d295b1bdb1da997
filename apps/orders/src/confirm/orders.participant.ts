import { Refused, type NamedStatement, type StatementContext } from '#participant';
import {
  ActionStatement, CancelStatement, CompensateStatement, ConfirmStatement, Participant, TccStatement,
} from '#participant/nest'; // prettier-ignore
import { gtxId } from '#wire';
import { type ConfirmationMove, movingConfirmations } from './confirmation-sql.js';
import { type ConfirmPayload, confirmPayload } from './confirm-payload.js';

type Batch = readonly StatementContext<ConfirmPayload>[];
type Moved = readonly { readonly id: string }[];

/**
 * The order's own branch of its transaction: the order is still there and open. It does not decide the order: that is done by the
 * outcome (`CloseOrders`), because a confirmed branch says nothing about the others. Every handler names one statement for all
 * branches that came together.
 */
@Participant('orders')
export class OrdersParticipant {
  @TccStatement('confirm', confirmPayload)
  hold(batch: Batch): NamedStatement {
    return this.take('hold', batch);
  }

  @ConfirmStatement('confirm')
  confirm(batch: Batch): NamedStatement {
    return this.finish('confirm', batch);
  }

  @CancelStatement('confirm')
  release(batch: Batch): NamedStatement {
    return this.finish('release', batch);
  }

  @ActionStatement('confirm', confirmPayload)
  record(batch: Batch): NamedStatement {
    return this.take('record', batch);
  }

  @CompensateStatement('confirm')
  withdraw(batch: Batch): NamedStatement {
    return this.finish('withdraw', batch);
  }

  private take(move: ConfirmationMove, batch: Batch): NamedStatement {
    // Ids that are none of ours would spoil the statement for all.
    const known = batch.map(confirmationOf).filter(({ orderId }) => gtxId.safeParse(orderId).success);
    return {
      ...movingConfirmations(move, known),
      results: (rows: Moved) => {
        const moved = idsOf(rows);
        return batch.map((branch) => (moved.has(branch.payload.orderId) ? null : notOpen(branch)));
      },
    };
  }

  private finish(move: ConfirmationMove, batch: Batch): NamedStatement {
    return {
      ...movingConfirmations(move, batch.map(confirmationOf)),
      results: (rows: Moved) => {
        const moved = idsOf(rows);
        const left = batch.find(({ payload }) => !moved.has(payload.orderId));
        if (left) throw new Error(`cannot ${move} order ${left.payload.orderId}: not in the state before`);
        return undefined;
      },
    };
  }
}

const idsOf = (rows: Moved): ReadonlySet<string> => new Set(rows.map(({ id }) => id));

function confirmationOf({ gtx, payload }: Batch[number]): { orderId: string; gtx: string } {
  return { orderId: payload.orderId, gtx };
}

function notOpen({ gtx, payload }: Batch[number]): Refused {
  return new Refused('ORDER_NOT_OPEN', `${payload.orderId} is no open order of transaction ${gtx}`);
}
