import { expect, it } from '@jest/globals';
import { Batcher } from './batcher.js';
import { settled } from './housekeeping/stepped-clock.fixture.js';

it('works on what had come when the burst was over, and asks again before the next batch', async () => {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const work = (batch: readonly number[]): Promise<void> => Promise.resolve(void batches.push([...batch]));
  const batcher = new Batcher<number>(work, 3, () => new Promise((resolve) => ends.push(resolve)));
  const endBurst = async (): Promise<void> => {
    ends.shift()?.();
    await settled();
  };

  batcher.add(1);
  batcher.addAll([2, 3]);
  batcher.add(4);
  expect(batches).toEqual([]);
  await endBurst();
  expect(batches).toEqual([[1, 2, 3]]);
  batcher.add(5);
  await endBurst();

  expect(batches).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  await batcher.idle();
  expect(batcher.size).toBe(0);
});
