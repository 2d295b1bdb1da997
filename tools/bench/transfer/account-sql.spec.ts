import { describe, expect, it } from '@jest/globals';
import { netChanges } from './account-sql.js';

describe('the changes of a batch', () => {
  it('are one a account, added up, in order of the account: no two batches lock in a circle', () => {
    const changes = [
      { account: 7, amount: 5 },
      { account: 3, amount: -2 },
      { account: 7, amount: -1 },
    ];

    expect(netChanges(changes)).toEqual({ ids: [3, 7], amounts: [-2, 4] });
  });
});
