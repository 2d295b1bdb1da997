import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { TransactionOutcome } from '#client';
import { OnOutcome } from '#client/nest';

/** Ends orders by the outcome of their transactions: the only place where an order leaves PENDING. */
@Injectable()
export class CloseOrders {
  constructor(@InjectDataSource('orders') private readonly source: DataSource) {}

  /** One statement for all that came together. Told twice, it changes nothing the second time. */
  @OnOutcome({ batch: true })
  async close(outcomes: readonly TransactionOutcome[]): Promise<void> {
    await this.source.query(CLOSE, [
      outcomes.map(({ gtx }) => gtx),
      outcomes.map(({ outcome }) => (outcome === 'committed' ? 'CONFIRMED' : 'REJECTED')),
      outcomes.map(({ reason, outcome }) => (outcome === 'committed' ? null : (reason ?? 'ABORTED'))),
    ]);
  }
}

/** Locks in order of the id, as the operation `confirm` does. */
const CLOSE = `
WITH ended AS MATERIALIZED (
  SELECT id, ended.status, ended.reason FROM orders.customer_order
  JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS ended (gtx, status, reason) ON transaction_id = gtx
  WHERE customer_order.status = 'PENDING'
  ORDER BY id FOR UPDATE OF customer_order
)
UPDATE orders.customer_order SET status = ended.status, reason = ended.reason
FROM ended WHERE customer_order.id = ended.id AND customer_order.status = 'PENDING'`;
