import { describe, expect, it } from '@jest/globals';
import { ReplySeat } from './reply-seat.js';

describe('the seat of a driver at the replies topic', () => {
  it('has moved when other partitions are read than before, whatever their order', () => {
    const seat = new ReplySeat();
    expect([[0, 1], [1, 0], [1], [1], [2]].map((read) => seat.moved(read))).toEqual([
      ...[true, false, true, false, true],
    ]);
  });

  it('has moved when the same partitions come back: meanwhile commands named none', () => {
    const seat = new ReplySeat();
    expect([[0], [], [], [0], [0]].map((read) => seat.moved(read))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});
