import type { Json } from '#protocol';
import { StoreError } from '../../port/branch-store.js';
import type { Value } from './storage.js';
import { copyOf } from './tables.js';
import type { MemoryTransaction } from './transaction.js';

const TABLE = 'business';

/**
 * What a handler gets as `client` from the twin: a tiny key-value store inside the open local transaction.
 * Writes lock their row to the end of the transaction, as UPDATE does; reads lock nothing.
 */
export class MemoryClient {
  constructor(readonly transaction: MemoryTransaction) {}

  async get(key: string): Promise<Json | undefined> {
    return this.transaction.get(`${TABLE}|${key}`) as Json | undefined;
  }

  async put(key: string, value: Json): Promise<void> {
    await this.transaction.put(`${TABLE}|${key}`, copyOf(value) as Value);
  }

  async delete(key: string): Promise<void> {
    await this.transaction.put(`${TABLE}|${key}`, undefined);
  }

  /** SELECT … FOR UPDATE, then UPDATE: `change` sees the newest committed value and no other writer comes between. */
  async update(key: string, change: (value: Json | undefined) => Json): Promise<Json> {
    await this.transaction.lock(`${TABLE}|${key}`);
    const changed = change(await this.get(key));
    await this.put(key, changed);
    return changed;
  }

  /** A statement that fails, as bad SQL would: it aborts the transaction. */
  async failStatement(message: string): Promise<never> {
    return this.transaction.fail(new StoreError('OTHER', message, false, '42601'));
  }
}

/** Business data as everybody sees it, outside any transaction. */
export const readBusiness = (database: { read(key: string): Value }, key: string): Json | undefined =>
  database.read(`${TABLE}|${key}`) as Json | undefined;
