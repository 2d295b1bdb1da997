import { describe, expect, it } from '@jest/globals';

import { timelineTable, type TimelineEntry } from './timeline.js';

const entry = (afterMs: number, rest: Partial<TimelineEntry>): TimelineEntry => ({
  at: new Date(Date.parse('2026-01-01T00:00:00.500Z') + afterMs).toISOString(),
  kind: 'STATE',
  attempt: 1,
  branch: null,
  instance: 'coordinator-1',
  detail: null,
  ...rest,
});

describe('the table of a timeline', () => {
  it('counts time from the first step and says what each step decided', () => {
    const lines = timelineTable([
      entry(0, { kind: 'BEGUN', detail: { mode: '2pc', fallback: 'saga', branches: ['stock', 'payment'] } }),
      entry(1_204, {
        kind: 'BRANCH',
        branch: 'payment',
        detail: { state: 'PENDING', error: { code: 'LOCK_TIMEOUT', message: 'waited 1 s' } },
      }),
      entry(1_204, { kind: 'DECIDED', detail: { decision: 'ABORT', reason: 'LOCK_TIMEOUT' } }),
      entry(3_000, { kind: 'TAKEN_OVER', instance: 'watchdog-1', detail: { from: 'coordinator-1' } }),
    ]);

    expect(lines).toEqual([
      'time      attempt  step        branch   written by',
      '+0 ms     1        BEGUN                coordinator-1  2pc, may fall back to a saga: stock, payment',
      '+1204 ms  1        BRANCH      payment  coordinator-1  NO: LOCK_TIMEOUT (waited 1 s)',
      '+1204 ms  1        DECIDED              coordinator-1  ABORT: LOCK_TIMEOUT',
      '+3000 ms  1        TAKEN_OVER           watchdog-1     from coordinator-1',
    ]);
  });

  it('shows a step it has no words for as it came', () => {
    expect(timelineTable([entry(0, { kind: 'NEW', detail: { a: 1 } })]).at(-1)).toContain('{"a":1}');
  });

  it('is only its titles when nothing has happened', () => {
    expect(timelineTable([])).toHaveLength(1);
  });
});
