import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { World, plan, type Shown } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start('coordinator-begin');
});
afterAll(() => world.end());

describe('a begun transaction', () => {
  it('is accepted with 202 and Location, and ends committed', async () => {
    const begun = await world.post<Shown>('/v1/transactions', plan());

    expect(begun.status).toBe(202);
    expect(begun.headers.get('location')).toBe(`/v1/transactions/${begun.body.id}`);
    const ended = await world.until(begun.body.id, ({ endedAt }) => endedAt !== null);
    expect(ended).toMatchObject({ state: 'COMMITTED', outcome: 'committed' });
  });
});
