import { describe, expect, it } from '@jest/globals';
import { Batcher } from './batcher.js';

function world(maxBatch = 100) {
  const batches: number[][] = [];
  let endTurn: (() => void) | null = null;
  const work = async (batch: readonly number[]): Promise<void> => void batches.push([...batch]);
  const batcher = new Batcher<number>(work, maxBatch, () => new Promise((resolve) => (endTurn = resolve)));
  const turn = async (): Promise<void> => {
    endTurn?.();
    endTurn = null;
    // Whatever follows from it without waiting.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { batches, batcher, turn };
}

describe('a batcher that is told when turns end', () => {
  it('begins when a turn brought nothing more', async () => {
    const { batcher, batches, turn } = world();

    batcher.add(1);
    batcher.add(2);
    await turn();
    batcher.add(3);
    await turn();
    expect(batches).toEqual([]);
    await turn();
    await batcher.idle();

    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('does not wait for the end of a steady stream', async () => {
    const { batcher, batches, turn } = world();

    batcher.add(1);
    for (let item = 2; batches.length === 0 && item < 50; item += 1) {
      batcher.add(item);
      await turn();
    }

    expect(batches).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });
});
