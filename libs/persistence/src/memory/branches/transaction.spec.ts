import { beforeEach, describe, expect, test } from '@jest/globals';
import { StoreError } from '../../port/branch-store.js';
import { MemoryDatabase } from './database.js';
import { StandingClock } from './standing-clock.fixture.js';
import type { MemoryTransaction } from './transaction.js';

describe('a row whose lock is held', () => {
  let database: MemoryDatabase;
  let transaction: MemoryTransaction;

  beforeEach(async () => {
    database = new MemoryDatabase('one', new StandingClock());
    transaction = database.begin(0);
    await transaction.put('row|1', { value: 1 });
  });

  test('is written again without waiting for itself', async () => {
    await transaction.put('row|1', { value: 2 });
    transaction.commit();
    expect(database.read('row|1')).toEqual({ value: 2 });
  });

  test.each<[string, string, () => void]>([
    ['is aborted', 'aborted', () => tryTo(() => transaction.fail(new StoreError('OTHER', 'x', false, null)))],
    ['was committed', 'has ended', () => void transaction.commit()],
    ['is prepared', 'has ended', () => void transaction.prepare()],
    ['lost its connection', 'terminated', () => transaction.lose()],
  ])('cannot be written by a transaction that %s', async (_, says, happen) => {
    happen();
    await expect(transaction.put('row|1', { value: 2 })).rejects.toThrow(says);
  });
});

const tryTo = (fail: () => never): void => expect(fail).toThrow(StoreError);
