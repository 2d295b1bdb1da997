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
