import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { inventoryMigrations } from '../../../apps/inventory/src/migrations/index.js';
import { demandOf } from '../../../apps/inventory/src/reserve/demand.js';
import { changeStock } from '../../../apps/inventory/src/reserve/stock-sql.js';
import { ordersMigrations } from '../../../apps/orders/src/migrations/index.js';
import {
  movingConfirmations,
  type Confirmation,
  type ConfirmationMove,
} from '../../../apps/orders/src/confirm/confirmation-sql.js';
import { paymentsMigrations } from '../../../apps/payments/src/migrations/index.js';
import { changeAccount } from '../../../apps/payments/src/transfer/account-sql.js';
import { type BusinessDatabase, someoneWaits, startBusinessDatabase } from './business-database.js';

const GTX = '019a0000-0000-7000-8000-000000000001';
const OTHER = '019a0000-0000-7000-8000-000000000002';
const ORDER = '019a0000-0000-7000-8000-00000000000a';

async function moveConfirmations(client: pg.Client, to: ConfirmationMove, list: readonly Confirmation[]) {
  const { text, values } = movingConfirmations(to, list);
  const { rows } = await client.query<{ id: string }>(text, [...values]);
  return new Set(rows.map(({ id }) => id));
}

let database: BusinessDatabase;
let a: pg.Client;
let b: pg.Client;

beforeAll(async () => {
  database = await startBusinessDatabase([
    ...inventoryMigrations,
    ...paymentsMigrations,
    ...ordersMigrations,
  ]);
  [a, b] = [await database.connect(), await database.connect()];
});

afterAll(() => database?.stop());

beforeEach(async () => {
  await database.query(
    `TRUNCATE inventory.stock, inventory.movement, payments.account, payments.entry, orders.customer_order`,
  );
});

describe('stock', () => {
  const demand = (branch: string, ...lines: readonly (readonly [string, number])[]) =>
    demandOf({ gtx: GTX, branch, payload: { lines: lines.map(([sku, quantity]) => ({ sku, quantity })) } });
  const put = (sku: string, onHand: number, reserved = 0) =>
    database.query('INSERT INTO inventory.stock VALUES ($1, $2, $3)', [sku, onHand, reserved]);
  const stock = () =>
    database.query('SELECT sku, on_hand::int, reserved::int FROM inventory.stock ORDER BY sku');
  const moved = () =>
    database.query('SELECT branch, sku, quantity::int FROM inventory.movement ORDER BY branch, sku');

  it('is reserved for all branches of a batch at once, and the journal stays empty', async () => {
    await put('milk', 5);
    await put('tea', 10, 2);

    const available = await changeStock(a, 'reserve', [
      demand('b1', ['tea', 3], ['milk', 1]),
      demand('b2', ['tea', 5]),
    ]);

    expect(available).toEqual(
      new Map([
        ['milk', 5],
        ['tea', 8],
      ]),
    );
    expect(await stock()).toEqual([
      { sku: 'milk', on_hand: 5, reserved: 1 },
      { sku: 'tea', on_hand: 10, reserved: 10 },
    ]);
    expect(await moved()).toEqual([]);
  });

  it.each(['reserve', 'take'] as const)('that is too little is not touched at all (%s)', async (change) => {
    await put('milk', 5);
    await put('tea', 10, 2);

    const available = await changeStock(a, change, [
      demand('b1', ['milk', 1]),
      demand('b2', ['tea', 9], ['gold', 1]),
    ]);

    expect(available).toEqual(
      new Map([
        ['milk', 5],
        ['tea', 8],
      ]),
    );
    expect(await stock()).toEqual([
      { sku: 'milk', on_hand: 5, reserved: 0 },
      { sku: 'tea', on_hand: 10, reserved: 2 },
    ]);
    expect(await moved()).toEqual([]);
  });

  it('leaves the shelf with a journal row a branch and sku, and comes back with one', async () => {
    await put('tea', 10, 3);

    await changeStock(a, 'confirm', [demand('b1', ['tea', 1]), demand('b2', ['tea', 2])]);
    await changeStock(a, 'take', [demand('b3', ['tea', 4])]);
    await changeStock(a, 'giveBack', [demand('b3', ['tea', 4])]);

    expect(await stock()).toEqual([{ sku: 'tea', on_hand: 7, reserved: 0 }]);
    expect(await moved()).toEqual([
      { branch: 'b1', sku: 'tea', quantity: -1 },
      { branch: 'b2', sku: 'tea', quantity: -2 },
      { branch: 'b3', sku: 'tea', quantity: -4 },
      { branch: 'b3', sku: 'tea', quantity: 4 },
    ]);
  });

  it('is free again after a release', async () => {
    await put('tea', 10, 3);

    await changeStock(a, 'release', [demand('b1', ['tea', 3])]);

    expect(await stock()).toEqual([{ sku: 'tea', on_hand: 10, reserved: 0 }]);
  });

  it('is never promised twice: who waited for a lock sees what the other took', async () => {
    await put('tea', 10);
    await a.query('BEGIN');
    await changeStock(a, 'reserve', [demand('b1', ['tea', 6])]);

    const second = changeStock(b, 'reserve', [demand('b2', ['tea', 6])]);
    await someoneWaits(database);
    await a.query('COMMIT');

    expect(await second).toEqual(new Map([['tea', 4]]));
    expect(await stock()).toEqual([{ sku: 'tea', on_hand: 10, reserved: 6 }]);
  });

  it('counts what the other gave back while it waited', async () => {
    await put('tea', 10, 8);
    await a.query('BEGIN');
    await changeStock(a, 'release', [demand('b1', ['tea', 8])]);

    const second = changeStock(b, 'reserve', [demand('b2', ['tea', 9])]);
    await someoneWaits(database);
    await a.query('COMMIT');

    expect(await second).toEqual(new Map([['tea', 10]]));
    expect(await stock()).toEqual([{ sku: 'tea', on_hand: 10, reserved: 9 }]);
  });
});

describe('an account', () => {
  const open = (balance: number, held = 0) =>
    database.query('INSERT INTO payments.account VALUES ($1, $2, $3)', ['alice', balance, held]);
  const account = () => database.query('SELECT balance::float8, held::float8 FROM payments.account');
  const entries = () =>
    database.query('SELECT amount::float8, branch, order_id FROM payments.entry ORDER BY id');
  const transfer = (amount: number, name = 'alice') => ({
    gtx: GTX,
    branch: 'pay',
    payload: { account: name, amount, orderId: 'o1' },
  });

  it('is charged with one entry', async () => {
    await open(1000);

    expect(await changeAccount(a, 'debit', transfer(1000))).toBe('changed');

    expect(await account()).toEqual([{ balance: 0, held: 0 }]);
    expect(await entries()).toEqual([{ amount: -1000, branch: 'pay', order_id: 'o1' }]);
  });

  it('is not charged beyond what is neither spent nor held', async () => {
    await open(1000, 300);

    expect(await changeAccount(a, 'debit', transfer(701))).toBe('not covered');
    expect(await changeAccount(a, 'debit', transfer(1, 'nobody'))).toBe('unknown');

    expect(await account()).toEqual([{ balance: 1000, held: 300 }]);
    expect(await entries()).toEqual([]);
  });

  it('is not credited beyond exact numbers', async () => {
    await open(Number.MAX_SAFE_INTEGER - 1);

    expect(await changeAccount(a, 'credit', transfer(2))).toBe('not covered');
    expect(await changeAccount(a, 'credit', transfer(1))).toBe('changed');

    expect(await account()).toEqual([{ balance: Number.MAX_SAFE_INTEGER, held: 0 }]);
  });

  it('takes every compensation, also one that leaves it overdrawn', async () => {
    await open(0);
    await changeAccount(a, 'credit', transfer(500));
    await changeAccount(a, 'debit', transfer(400));

    expect(await changeAccount(a, 'undoCredit', transfer(500))).toBe('changed');
    expect(await account()).toEqual([{ balance: -400, held: 0 }]);

    expect(await changeAccount(a, 'undoDebit', transfer(400))).toBe('changed');
    expect(await account()).toEqual([{ balance: 0, held: 0 }]);
    expect((await entries()).map(({ amount }) => amount)).toEqual([500, -400, -500, 400]);
  });

  it('is not charged twice for the same money: who waited sees what the other left', async () => {
    await open(1000);
    await a.query('BEGIN');
    await changeAccount(a, 'debit', transfer(600));

    const second = changeAccount(b, 'debit', transfer(600));
    await someoneWaits(database);
    await a.query('COMMIT');

    expect(await second).toBe('not covered');
    expect(await account()).toEqual([{ balance: 400, held: 0 }]);
  });
});

describe('the confirmation of an order', () => {
  const place = (status = 'PENDING') =>
    database.query(
      `INSERT INTO orders.customer_order (id, transaction_id, status, account, lines, total, body_hash)
       VALUES ($1, $2, $3, 'alice', '[]', 0, '')`,
      [ORDER, GTX, status],
    );
  const shown = () => database.query('SELECT status, confirmation FROM orders.customer_order');
  const mine = [{ orderId: ORDER, gtx: GTX }];

  it('goes none → held → confirmed, and nobody sees it', async () => {
    await place();

    expect(await moveConfirmations(a, 'hold', mine)).toEqual(new Set([ORDER]));
    expect(await moveConfirmations(a, 'confirm', mine)).toEqual(new Set([ORDER]));

    expect(await shown()).toEqual([{ status: 'PENDING', confirmation: 'confirmed' }]);
  });

  it('happens only from the state before it', async () => {
    await place();

    expect(await moveConfirmations(a, 'confirm', mine)).toEqual(new Set());
    await moveConfirmations(a, 'record', mine);
    expect(await moveConfirmations(a, 'hold', mine)).toEqual(new Set());
    expect(await moveConfirmations(a, 'withdraw', mine)).toEqual(new Set([ORDER]));

    expect(await shown()).toEqual([{ status: 'PENDING', confirmation: 'none' }]);
  });

  it('is not taken from the transaction of another order, nor for an order that is decided', async () => {
    await place('REJECTED');

    expect(await moveConfirmations(a, 'hold', [{ orderId: ORDER, gtx: OTHER }])).toEqual(new Set());
    expect(await moveConfirmations(a, 'hold', mine)).toEqual(new Set());
    expect(await moveConfirmations(a, 'record', mine)).toEqual(new Set());
  });
});
