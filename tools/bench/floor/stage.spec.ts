import { describe, expect, it } from '@jest/globals';
import { Stage } from './stage.js';

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a stage', () => {
  it('takes together what came in one tick, and next what came while it worked', async () => {
    const batches: (readonly number[])[] = [];
    let finish = (): void => undefined;
    const stage = new Stage<number>((items) => {
      batches.push(items);
      return new Promise((resolve) => (finish = resolve));
    }, 100);

    stage.add([1]);
    stage.add([2]);
    await turns();
    stage.add([3]);
    stage.add([4, 5]);
    finish();
    await turns();

    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it('keeps a batch within its bound', async () => {
    const batches: (readonly number[])[] = [];
    const stage = new Stage<number>(async (items) => void batches.push(items), 2);

    stage.add([1, 2, 3]);
    await turns();
    await turns();

    expect(batches).toEqual([[1, 2], [3]]);
  });
});
