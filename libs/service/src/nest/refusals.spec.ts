import { describe, expect, it } from '@jest/globals';
import type { Clock } from '#observability';
import { Refusals } from './refusals.js';

/** One timer at a time, run by hand. */
function timers() {
  const waiting: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    wallMs: () => 0,
    after: (_, run) => (waiting.push(run), () => undefined),
  };
  const moment = async (): Promise<void> => {
    for (const run of waiting.splice(0)) run();
    await Promise.resolve();
  };
  return { clock, moment, waiting };
}

const wanted = (): boolean => true;

function flood(refusals: Refusals, count: number, isWanted: (at: number) => boolean = wanted): number[] {
  const out: number[] = [];
  for (let at = 0; at < count; at += 1) void refusals.turn(() => isWanted(at)).then(() => out.push(at));
  return out;
}

describe('refusals', () => {
  it('go out at once while few come', async () => {
    const { clock, moment, waiting } = timers();
    const refusals = new Refusals(clock);
    for (let round = 0; round < 5; round += 1) {
      const out = flood(refusals, 30);
      await Promise.resolve();
      expect(out).toHaveLength(30);
      await moment();
    }
    await moment();
    expect(waiting).toEqual([]);
  });

  it('of a flood go out a portion a moment, in the order of their coming', async () => {
    const { clock, moment } = timers();
    const refusals = new Refusals(clock);
    const out = flood(refusals, 100);
    await Promise.resolve();
    expect([out.length, refusals.waiting]).toEqual([30, 70]);
    await moment();
    expect([out.length, refusals.waiting]).toEqual([60, 40]);
    await moment();
    await moment();
    expect(out).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('that come while others wait do not overtake them', async () => {
    const { clock, moment } = timers();
    const refusals = new Refusals(clock);
    flood(refusals, 70);
    const late = flood(refusals, 10);
    await moment();
    expect(late).toEqual([]);
    await moment();
    expect(late).toHaveLength(10);
  });

  it('are not kept for who has gone', async () => {
    const { clock, moment } = timers();
    const refusals = new Refusals(clock);
    const out = flood(refusals, 90, (at) => at >= 60);
    await moment();
    expect(out.slice(30)).toEqual(Array.from({ length: 30 }, (_, at) => 60 + at));
    expect(refusals.waiting).toBe(0);
  });

  it('are bounded: beyond that they go at once', async () => {
    const { clock } = timers();
    const refusals = new Refusals(clock);
    const out = flood(refusals, 30 + 20_000 + 5);
    await Promise.resolve();
    expect([out.length, refusals.waiting]).toEqual([35, 20_000]);
  });
});
