import type { ClientBase } from 'pg';
import {
  Refused,
  type BatchResult,
  type BranchContext,
  type NamedStatement,
  type StatementContext,
} from '#participant';
import {
  ActionBatch, CancelStatement, CompensateStatement, ConfirmStatement, Participant, TccBatch,
} from '#participant/nest'; // prettier-ignore
import { allocate, demandOf, type Shortage } from './demand.js';
import { type ReservePayload, reservePayload } from './reserve-payload.js';
import { changeStock, changingStock, type StockChange } from './stock-sql.js';

type Batch = readonly BranchContext<ReservePayload>[];
type Named = readonly StatementContext<ReservePayload>[];

/**
 * Stock in transactions. As tcc it is reserved, then leaves the shelf or is free again; as a saga step it leaves the shelf at once
 * and comes back when the saga is compensated. Every handler takes all branches that came together, with one statement for them all:
 * those that must look at what it returned run it, the others only name it.
 */
@Participant('inventory')
export class InventoryParticipant {
  @TccBatch('reserve', reservePayload)
  reserve(batch: Batch, client: ClientBase): Promise<readonly BatchResult[]> {
    return this.takeWhatFits('reserve', batch, client);
  }

  @ConfirmStatement('reserve')
  confirm(batch: Named): NamedStatement {
    return changingStock('confirm', batch.map(demandOf));
  }

  @CancelStatement('reserve')
  cancel(batch: Named): NamedStatement {
    return changingStock('release', batch.map(demandOf));
  }

  @ActionBatch('reserve', reservePayload)
  take(batch: Batch, client: ClientBase): Promise<readonly BatchResult[]> {
    return this.takeWhatFits('take', batch, client);
  }

  @CompensateStatement('reserve')
  giveBack(batch: Named): NamedStatement {
    return changingStock('giveBack', batch.map(demandOf));
  }

  /** All at once where there is enough for all; else those who came first, and the others are refused. */
  private async takeWhatFits(
    change: StockChange,
    batch: Batch,
    client: ClientBase,
  ): Promise<readonly BatchResult[]> {
    const demands = batch.map(demandOf);
    const shortages = allocate(demands, await changeStock(client, change, demands));
    const served = demands.filter((_, index) => shortages[index] === null);
    // Nothing was changed if one came short; the rows are locked, so what was available still is.
    if (served.length > 0 && served.length < demands.length) await changeStock(client, change, served);
    return shortages.map((shortage) => (shortage === null ? null : outOfStock(shortage)));
  }
}

function outOfStock({ sku, wanted, available }: Shortage): Refused {
  return new Refused('OUT_OF_STOCK', `${wanted} of ${sku} wanted, ${available} available`);
}
