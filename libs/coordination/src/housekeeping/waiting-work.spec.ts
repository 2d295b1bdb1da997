import { describe, expect, it } from '@jest/globals';
import { RecordingMetrics, silentLog } from '#observability';
import { SteppedClock } from './stepped-clock.fixture.js';
import { WaitingWork } from './waiting-work.js';

type Row = { participant: string; count: number; oldestAgeMs: number };

function watched(looks: readonly (readonly Row[])[], tookMs = 0) {
  const clock = new SteppedClock();
  const metrics = new RecordingMetrics();
  const left = [...looks];
  const waiting = () => {
    clock.pass(tookMs);
    return Promise.resolve(left.shift() ?? []);
  };
  return { clock, metrics, work: new WaitingWork({ waiting }, { clock, log: silentLog, metrics }, 500) };
}

describe('what waits for its participant', () => {
  it('shows in gauges and answers, and is gone when it is done', async () => {
    const { work, metrics } = watched([[{ participant: 'stock', count: 3, oldestAgeMs: 4_000 }], []]);

    await work.look();
    expect(work.of('stock')).toEqual({ count: 3, oldestAgeMs: 4_000 });
    expect(metrics.value('concordat_in_doubt', { participant: 'stock' })).toBe(3);
    expect(metrics.value('concordat_in_doubt_oldest_age_seconds')).toBe(4);

    await work.look();
    expect(work.of('stock')).toEqual({ count: 0, oldestAgeMs: 0 });
    expect(metrics.value('concordat_in_doubt', { participant: 'stock' })).toBe(0);
    expect(metrics.value('concordat_in_doubt_oldest_age_seconds')).toBe(0);
  });

  it('is looked at every scan, and less often when a look takes long', async () => {
    const quick = watched([]);
    quick.work.start();
    expect([await quick.clock.step(), await quick.clock.step()]).toEqual([500, 500]);

    const slow = watched([], 2_000);
    slow.work.start();
    await slow.clock.step();
    expect(await slow.clock.step()).toBe(20_000);
  });
});
