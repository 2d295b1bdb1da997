import { beforeEach, describe, expect, it } from '@jest/globals';
import { SteppedClock, settled } from '../housekeeping/stepped-clock.fixture.js';
import { Burst } from './burst.js';

/** Of which a quarter is the longest wait there is, 12 ms. */
const TOOK_MS = 48;

describe('a burst of requests', () => {
  let clock: SteppedClock;
  let burst: Burst;
  let size: number;

  /** So many have been answered that the mean is what each took. */
  const slow = (): void => {
    answer(200);
    clock.pass(TOOK_MS);
  };

  beforeEach(() => {
    clock = new SteppedClock();
    burst = new Burst(clock);
    size = 0;
  });

  const ask = (requests = 1): void => {
    for (let i = 0; i < requests; i += 1) burst.asked();
    size += requests;
  };
  const answer = (callers: number): void => {
    for (let i = 0; i < callers; i += 1) burst.answered(TOOK_MS);
  };

  /** Begins to wait; `afterMs` is undefined until the burst is over. */
  async function wait(): Promise<{ afterMs?: number }> {
    const seen: { afterMs?: number } = {};
    const beganMs = clock.nowMs();
    void burst.over(() => size).then(() => (seen.afterMs = clock.nowMs() - beganMs));
    await settled();
    return seen;
  }

  async function toItsEnd(seen: { afterMs?: number }): Promise<number> {
    while (seen.afterMs === undefined) await clock.step();
    return seen.afterMs;
  }

  it('is over when a turn of the event loop brought nothing more', async () => {
    ask(2);
    const seen = await wait();
    ask();
    await clock.step();
    expect(seen.afterMs).toBeUndefined();
    await clock.step();

    expect(seen.afterMs).toBe(0);
  });

  it('does not wait for the end of a steady stream', async () => {
    ask();
    const seen = await wait();
    for (let turns = 0; turns < 8; turns += 1) {
      ask();
      await clock.step();
    }

    expect(seen.afterMs).toBe(0);
  });

  it('takes no time for a caller who comes back alone', async () => {
    slow();
    answer(1);
    ask();

    expect(await toItsEnd(await wait())).toBe(0);
  });

  it('waits for those who were answered together with the first who is back, and no longer', async () => {
    slow();
    answer(3);
    ask();
    const seen = await wait();
    await clock.step();
    expect(seen.afterMs).toBeUndefined();
    ask(2);

    expect(await toItsEnd(seen)).toBe(1);
  });

  it('does not wait for those who do not come back', async () => {
    slow();
    answer(3);
    ask();

    expect(await toItsEnd(await wait())).toBeLessThanOrEqual(12);
    clock.pass(12);
    ask();
    expect(await toItsEnd(await wait())).toBe(0);
  });

  it('is over after a while, though others are answered again and again', async () => {
    slow();
    answer(1);
    ask();
    answer(1);
    const seen = await wait();
    while (seen.afterMs === undefined) {
      answer(1);
      await clock.step();
    }

    expect(seen.afterMs).toBe(12);
  });

  it('waits no longer than a quarter of what an answer takes', async () => {
    for (let i = 0; i < 200; i += 1) burst.answered(8);
    ask();

    expect(await toItsEnd(await wait())).toBe(2);
  });

  it('is over without a turn when plenty wait already', async () => {
    ask(500);
    const seen = await wait();

    expect([seen.afterMs, clock.waiting]).toEqual([0, 0]);
  });

  it('waits for nobody when enough share the write', async () => {
    slow();
    answer(100);
    ask(64);

    expect(await toItsEnd(await wait())).toBe(0);
  });
});
