import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, notFound, type Page, pageOf } from '#service';
import { gtxId } from '#wire';
import { type OrdersQuery, type OrderView, showOrder } from './order-api.js';
import { Order } from './order.entity.js';

const cursorOf = z.tuple([z.uuid()]);

@Injectable()
export class ReadOrders {
  constructor(@InjectDataSource('orders') private readonly source: DataSource) {}

  /** Throws the 404 of an unknown order. */
  async get(id: string): Promise<OrderView> {
    const order = gtxId.safeParse(id).success ? await this.source.manager.findOneBy(Order, { id }) : null;
    if (order === null) throw notFound(`There is no order ${id}.`);
    return showOrder(order);
  }

  /** Newest first. */
  async list({ transactionId, status, limit, cursor }: OrdersQuery): Promise<Page<OrderView>> {
    const before = decodeCursor(cursor, cursorOf);
    const rows = await this.source.manager.find(Order, {
      where: {
        ...(transactionId === undefined ? {} : { transactionId }),
        ...(status === undefined ? {} : { status }),
        ...(before === null ? {} : { id: LessThan(before[0]) }),
      },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    return pageOf(rows, limit, ({ id }) => [id], showOrder);
  }
}
