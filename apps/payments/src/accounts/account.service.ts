import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, MoreThan } from 'typeorm';
import { z } from 'zod';
import { decodeCursor, notFound, type Page, pageOf } from '#service';
import { type AccountQuery, type AccountView, showAccount } from './account-api.js';
import { Account, Entry } from './account.entity.js';

const cursorOf = z.tuple([z.string()]);

/** Opening and looking; what transactions do to accounts is `transfer/`. */
@Injectable()
export class AccountService {
  constructor(@InjectDataSource('payments') private readonly source: DataSource) {}

  /** Throws the 404 of an unknown account. */
  async get(id: string): Promise<AccountView> {
    const account = await this.source.manager.findOneBy(Account, { id });
    if (account === null) throw notFound(`There is no account ${id}.`);
    return showAccount(account);
  }

  /** In order of the id. */
  async list({ limit, cursor }: AccountQuery): Promise<Page<AccountView>> {
    const after = decodeCursor(cursor, cursorOf);
    const rows = await this.source.manager.find(Account, {
      where: after === null ? {} : { id: MoreThan(after[0]) },
      order: { id: 'ASC' },
      take: limit + 1,
    });
    return pageOf(rows, limit, ({ id }) => [id], showAccount);
  }

  /** Opens the account where there is none. */
  async setBalance(id: string, balance: number): Promise<AccountView> {
    return this.source.transaction(async (manager) => {
      const account = await this.locked(manager, id);
      const amount = balance - account.balance;
      if (amount !== 0) {
        await manager.update(Account, { id }, { balance });
        await manager.insert(Entry, { account: id, amount });
      }
      return showAccount({ ...account, balance });
    });
  }

  private async locked(manager: EntityManager, id: string): Promise<Account> {
    const none = { id, balance: 0, held: 0 };
    await manager.createQueryBuilder().insert().into(Account).values(none).orIgnore().execute();
    return manager.findOneOrFail(Account, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }
}
