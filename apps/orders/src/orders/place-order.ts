import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { TransactionOutbox } from '#client';
import { RANDOM } from '#observability/nest';
import type { Random } from '#observability';
import { conflict } from '#service';
import type { PlacedOrder } from './order-api.js';
import { type OrderRequest, requestHash, totalOf } from './order-request.js';
import { orderTransaction } from './order-transaction.js';
import { Order } from './order.entity.js';

/** Takes an order and submits its transaction: both or neither, in one local transaction. */
@Injectable()
export class PlaceOrder {
  constructor(
    @InjectDataSource('orders') private readonly source: DataSource,
    @Inject(TransactionOutbox) private readonly outbox: TransactionOutbox,
    @Inject(RANDOM) private readonly random: Random,
  ) {}

  /**
   * A key that was used before with the same order gives that order again; with another one it throws the 409.
   * Resolves when both rows are durable.
   */
  async place(request: OrderRequest, key: string | null): Promise<PlacedOrder> {
    const bodyHash = requestHash(request);
    const orderId = this.random.uuidv7();
    return this.source.transaction(async (manager) => {
      const transactionId = this.random.uuidv7();
      const isNew = await this.insert(manager, { orderId, transactionId, request, key, bodyHash });
      if (!isNew) return this.earlier(manager, key!, bodyHash);
      await this.outbox.enqueue(manager, { ...orderTransaction(orderId, request), id: transactionId });
      return { orderId, transactionId };
    });
  }

  /** false: the key is taken, by a transaction that committed. */
  private async insert(
    manager: EntityManager,
    order: {
      orderId: string;
      transactionId: string;
      request: OrderRequest;
      key: string | null;
      bodyHash: string;
    },
  ): Promise<boolean> {
    const { orderId, transactionId, request, key, bodyHash } = order;
    const row = {
      ...{ id: orderId, transactionId, account: request.account, lines: request.lines },
      ...{ total: totalOf(request.lines), idempotencyKey: key, bodyHash },
    };
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(Order)
      .values(row)
      .orIgnore()
      .returning(['id'])
      .execute();
    return (inserted.raw as unknown[]).length === 1;
  }

  private async earlier(manager: EntityManager, key: string, bodyHash: string): Promise<PlacedOrder> {
    const order = await manager.findOneByOrFail(Order, { idempotencyKey: key });
    if (order.bodyHash !== bodyHash) {
      throw conflict('CONCORDAT_IDEMPOTENCY_CONFLICT', 'This Idempotency-Key belongs to another order.');
    }
    return { orderId: order.id, transactionId: order.transactionId };
  }
}
