import { describe, expect, it, jest } from '@jest/globals';
import { systemClock } from './system-clock.js';
import { systemRandom } from './system-random.js';

describe('the system clock', () => {
  it('waits out a delay that one timer cannot hold', () => {
    jest.useFakeTimers();
    const run = jest.fn();
    systemClock.after(3_000_000_000, run);
    jest.advanceTimersByTime(2_999_999_999);
    expect(run).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
    jest.useRealTimers();
  });

  it('wakes a loop that waits for nothing else, where something is to run at once', () => {
    const immediates = jest.spyOn(globalThis, 'setImmediate');
    const cancel = systemClock.after(0, () => undefined);
    // Unreferenced, it would run after the next event of another kind, whenever that comes.
    expect(immediates.mock.results.map(({ value }) => (value as NodeJS.Immediate).hasRef())).toEqual([true]);
    cancel();
    immediates.mockRestore();
  });

  it('does not run what was cancelled', () => {
    jest.useFakeTimers();
    const run = jest.fn();
    systemClock.after(10, run)();
    jest.advanceTimersByTime(100);
    expect(run).not.toHaveBeenCalled();
    jest.useRealTimers();
  });
});

it('ids are lower-case UUIDv7 and sort by the time they were made', () => {
  const ids = Array.from({ length: 100 }, () => systemRandom.uuidv7());
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([...ids].sort()).toEqual(ids);
});
