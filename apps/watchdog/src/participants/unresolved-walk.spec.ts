import { describe, expect, it } from '@jest/globals';
import type { LedgerAdmin, StoredTransaction } from '#persistence';
import { UnresolvedWalk } from './unresolved-walk.js';

const page = (name: string) => [{ businessKey: name } as StoredTransaction];

/** A list of three pages. */
const admin: Pick<LedgerAdmin, 'unresolved'> = {
  unresolved: (_filter, { cursor }) => {
    const at = cursor === null ? 1 : Number(cursor);
    return Promise.resolve({ items: page(`page ${at}`), nextCursor: at < 3 ? String(at + 1) : null });
  },
};

describe('the walk over what waits for a participant', () => {
  it('shows every page in turn and begins anew, so that what cannot be ended hides nothing', async () => {
    const walk = new UnresolvedWalk(admin);
    const seen: unknown[] = [];
    for (let sweep = 0; sweep < 5; sweep += 1)
      seen.push(...(await walk.next('stock', 1)).map(({ businessKey }) => businessKey));
    expect(seen).toEqual(['page 1', 'page 2', 'page 3', 'page 1', 'page 2']);
  });

  it('keeps participants apart', async () => {
    const walk = new UnresolvedWalk(admin);
    await walk.next('stock', 1);
    expect(await walk.next('money', 1)).toEqual(page('page 1'));
  });
});
