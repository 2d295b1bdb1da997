import { describe, expect, it } from '@jest/globals';
import type { Clock, FaultPoint, FaultPoints } from '#observability';
import type { Transition } from '#protocol';
import { reachAfterAnswer, reachAfterWrite } from './fault-points.js';

type DurableTransition = Extract<Transition, { kind: 'durable' }>;

function watched(armed: FaultPoint): { faults: FaultPoints; passed: FaultPoint[] } {
  const passed: FaultPoint[] = [];
  return { faults: { armed, reach: (point) => void passed.push(point) }, passed };
}

/** As far as the points look at it. */
function written(next: object, decide: object | null = null): DurableTransition {
  const whole = { attempt: 1, attempts: [{ mode: decide ? '2pc' : 'saga' }], results: [], ...next };
  return {
    kind: 'durable',
    change: { decide, startAttempt: null, next: whole },
  } as unknown as DurableTransition;
}

describe('S5, between compensations', () => {
  const compensating = (...states: readonly string[]) =>
    written({
      state: 'SAGA_COMPENSATING',
      results: states.map((state, at) => ({ attempt: 1, branch: `step-${at}`, state })),
    });

  it('is not reached before the first compensation is in', async () => {
    const { faults, passed } = watched('S5');
    await reachAfterWrite(faults, [compensating('DONE', 'DONE', 'FAILED')]);
    expect(passed).toEqual([]);
  });

  it('is reached when one is in and the next is due', async () => {
    const { faults, passed } = watched('S5');
    await reachAfterWrite(faults, [compensating('DONE', 'COMPENSATED', 'FAILED')]);
    expect(passed).toEqual(['S5']);
  });
});

it('C8 is reached a turn after the waiters were told, not in it', async () => {
  const { faults, passed } = watched('C8');
  const turns: (() => void)[] = [];
  const clock = { after: (_delayMs: number, then: () => void) => (turns.push(then), () => undefined) };
  const commit = written({ state: 'COMMITTING' }, { decision: 'COMMIT' });

  const reached = reachAfterAnswer(faults, [commit], clock as unknown as Clock);
  expect(passed).toEqual([]);
  turns.forEach((turn) => turn());
  await reached;

  expect(passed).toEqual(['C8']);
});
