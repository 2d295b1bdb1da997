import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, MoreThan } from 'typeorm';
import { z } from 'zod';
import { conflict, decodeCursor, notFound, type Page, pageOf } from '#service';
import { showStock, type StockQuery, type StockView } from './stock-api.js';
import { Movement, Stock } from './stock.entity.js';

const cursorOf = z.tuple([z.string()]);

/** Counting and looking; what transactions do to the stock is `reserve/`. */
@Injectable()
export class StockService {
  constructor(@InjectDataSource('inventory') private readonly source: DataSource) {}

  /** Throws the 404 of an unknown sku. */
  async get(sku: string): Promise<StockView> {
    const stock = await this.source.manager.findOneBy(Stock, { sku });
    if (stock === null) throw notFound(`There is no stock of ${sku}.`);
    return showStock(stock);
  }

  /** In order of the sku. */
  async list({ limit, cursor }: StockQuery): Promise<Page<StockView>> {
    const after = decodeCursor(cursor, cursorOf);
    const rows = await this.source.manager.find(Stock, {
      where: after === null ? {} : { sku: MoreThan(after[0]) },
      order: { sku: 'ASC' },
      take: limit + 1,
    });
    return pageOf(rows, limit, ({ sku }) => [sku], showStock);
  }

  /** Somebody counted. Throws the 409 where more is reserved than was found. */
  async setOnHand(sku: string, onHand: number): Promise<StockView> {
    return this.source.transaction(async (manager) => {
      const stock = await this.locked(manager, sku);
      if (onHand < stock.reserved) {
        const detail = `${stock.reserved} of ${sku} are reserved: less cannot be on hand.`;
        throw conflict('CONCORDAT_BELOW_RESERVED', detail, { reserved: stock.reserved });
      }
      const quantity = onHand - stock.onHand;
      if (quantity !== 0) {
        await manager.update(Stock, { sku }, { onHand });
        await manager.insert(Movement, { sku, quantity });
      }
      return showStock({ ...stock, onHand });
    });
  }

  private async locked(manager: EntityManager, sku: string): Promise<Stock> {
    const none = { sku, onHand: 0, reserved: 0 };
    await manager.createQueryBuilder().insert().into(Stock).values(none).orIgnore().execute();
    return manager.findOneOrFail(Stock, { where: { sku }, lock: { mode: 'pessimistic_write' } });
  }
}
