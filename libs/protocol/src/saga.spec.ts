import { describe, expect, it } from '@jest/globals';
import { outcomeOf } from './image.js';
import { outstanding } from './outstanding.js';
import { step } from './step.js';
import {
  ack,
  commandText,
  done,
  drive,
  failed,
  no,
  play,
  retry,
  sendsOf,
  undone,
  yes,
} from './testing/drives.js';

const pending = (d: ReturnType<typeof drive>) => outstanding(d).map(commandText);
const sequence = drive({ mode: 'saga', branches: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] });

describe('a saga runs its steps in order', () => {
  it('sends a step only after the one before it is durable', () => {
    expect(pending(sequence)).toEqual(['ACTION(1) a']);
    const { last } = play(sequence, done('a'));
    expect(last).toMatchObject({ kind: 'durable', change: { decide: null, ended: false } });
    expect(sendsOf(last)).toEqual(['ACTION(1) b']);
  });

  it('a duplicate result advances nothing, whatever its message id', () => {
    const { drive: one } = play(sequence, done('a'));
    expect(step(one, done('a')).kind).toBe('none');
    expect(pending(one)).toEqual(['ACTION(1) b']);
  });

  it('fills its cell only at the end', () => {
    const { drive: two } = play(sequence, done('a'), done('b'));
    expect(outcomeOf(two.tx)).toBeNull();
    expect(play(two, done('c')).last).toMatchObject({
      change: { ended: true, decide: { decision: 'COMMIT' }, next: { state: 'SAGA_COMPLETED' } },
    });
  });

  it('runs a graph as wide as it is drawn', () => {
    const graph = drive({
      mode: 'saga',
      branches: [{ id: 'a' }, { id: 'b', after: [] }, { id: 'c', after: ['a', 'b'] }],
    });
    expect(pending(graph)).toEqual(['ACTION(1) a', 'ACTION(1) b']);
    expect(pending(play(graph, done('b')).drive)).toEqual(['ACTION(1) a']);
    expect(sendsOf(play(graph, done('b'), done('a')).last)).toEqual(['ACTION(1) c']);
  });
});

describe('a failed step undoes the executed ones in reverse order', () => {
  it('compensates c, then b, then a', () => {
    const { drive: back, last } = play(sequence, done('a'), done('b'), failed('c'));
    expect(last).toMatchObject({
      change: { next: { state: 'SAGA_COMPENSATING', demand: { reason: 'OUT_OF_STOCK', by: 'step' } } },
    });
    expect(sendsOf(last)).toEqual(['COMPENSATE(1) b']);
    const { last: second, drive: further } = play(back, undone('b'));
    expect(sendsOf(second)).toEqual(['COMPENSATE(1) a']);
    expect(play(further, undone('a')).last).toMatchObject({
      change: {
        ended: true,
        decide: { decision: 'ABORT', reason: 'OUT_OF_STOCK' },
        next: { state: 'SAGA_COMPENSATED' },
      },
    });
  });

  it('ends at once when nothing was executed', () => {
    expect(play(sequence, failed('a')).last).toMatchObject({
      change: { ended: true, next: { state: 'SAGA_COMPENSATED' } },
    });
  });

  it('plants the key of a step whose result is not known: it may still arrive', () => {
    const graph = drive({
      mode: 'saga',
      branches: [
        { id: 'a', after: [] },
        { id: 'b', after: [] },
      ],
    });
    const { last, drive: back } = play(graph, failed('a'));
    expect(sendsOf(last)).toEqual(['COMPENSATE(1) b']);
    expect(play(back, done('b')).last.kind).toBe('none');
    expect(play(back, undone('b', 1, 'NULL_COMPENSATED')).last).toMatchObject({ change: { ended: true } });
  });

  it('a RETRY keeps the step outstanding; the deadline then undoes', () => {
    const { drive: tried, last } = play(sequence, done('a'), retry('b'), retry('b'));
    expect(last.kind).toBe('volatile');
    expect(pending(tried)).toEqual(['ACTION(1) b']);
    expect(sendsOf(play(tried, { type: 'deadline', attempt: 1 }).last)).toEqual(['COMPENSATE(1) b']);
  });

  it('a compensation that keeps failing is called stuck, and still ends when it works', () => {
    const stuckRetry = { ...retry('a'), phase: 'COMPENSATE' as const };
    const back = play(sequence, done('a'), failed('b')).drive;
    const { drive: stuck } = play(back, stuckRetry, stuckRetry, stuckRetry, stuckRetry, stuckRetry);
    expect(stuck.tx.state).toBe('COMPENSATION_STUCK');
    expect(pending(stuck)).toEqual(['COMPENSATE(1) a']);
    expect(play(stuck, undone('a')).last).toMatchObject({
      change: { ended: true, next: { state: 'SAGA_COMPENSATED' } },
    });
  });
});

describe('a pivot that was sent is settled before anything is compensated', () => {
  const pivot = drive({
    mode: 'saga',
    branches: [{ id: 'a' }, { id: 'p', kind: 'pivot' }, { id: 'r', kind: 'retriable' }],
  });
  const sent = play(pivot, done('a')).drive;

  it('asks only the pivot, and undoes nothing meanwhile', () => {
    const { last, drive: settling } = play(sent, { type: 'deadline', attempt: 1 });
    expect(sendsOf(last)).toEqual(['COMPENSATE(1) p settle']);
    expect(settling.tx).toMatchObject({ state: 'SAGA_RUNNING', demand: { by: 'deadline' } });
    expect(pending(settling)).toEqual(['COMPENSATE(1) p settle']);
  });

  it('goes forward when it was done after all', () => {
    const { drive: forward } = play(sent, { type: 'deadline', attempt: 1 }, undone('p', 1, 'DONE'));
    expect(forward.tx).toMatchObject({ state: 'SAGA_RUNNING', demand: null });
    expect(pending(forward)).toEqual(['ACTION(1) r']);
  });

  it('goes back when its key is planted', () => {
    const { drive: back } = play(sent, { type: 'deadline', attempt: 1 }, undone('p', 1, 'NULL_COMPENSATED'));
    expect(back.tx.state).toBe('SAGA_COMPENSATING');
    expect(pending(back)).toEqual(['COMPENSATE(1) a']);
  });

  it('past it only forward: failures are retried, deadline and operator are refused', () => {
    const past = play(sent, done('p')).drive;
    expect(play(past, failed('r')).last.kind).toBe('volatile');
    expect(step(past, { type: 'deadline', attempt: 1 }).kind).toBe('none');
    expect(step(past, { type: 'force-abort', by: 'ann', reason: 'x' })).toMatchObject({
      kind: 'refused',
      code: 'PAST_PIVOT',
    });
    const stuck = play(past, ...Array.from({ length: 5 }, () => retry('r'))).drive;
    expect(stuck.tx.state).toBe('SAGA_STUCK_FORWARD');
    expect(play(stuck, done('r')).last).toMatchObject({
      change: { ended: true, next: { state: 'SAGA_COMPLETED' } },
    });
  });
});

describe('2PC falls back to a saga under the same gtx', () => {
  const start = drive({ fallback: 'saga' });

  it('writes ABORT(1) and attempt 2 in one change, and sends both only then', () => {
    const { last, drive: two } = play(start, yes('a'), no('b', 'LOCK_TIMEOUT'));
    expect(last).toMatchObject({
      kind: 'durable',
      change: {
        decide: { attempt: 1, decision: 'ABORT' },
        startAttempt: { attempt: 2, mode: 'saga' },
        next: { state: 'SAGA_RUNNING', attempt: 2 },
      },
    });
    expect(sendsOf(last)).toEqual(['ABORT(1) a', 'ABORT(1) b', 'ACTION(2) a']);
    expect(outcomeOf(two.tx)).toBeNull();
  });

  it.each(['REFUSED', 'INVALID_PAYLOAD', 'FENCED', 'ERROR'] as const)('never after NO(%s)', (code) => {
    expect(play(start, no('a', code)).drive.tx.state).toBe('ABORTING');
  });

  it.each([
    'LOCK_TIMEOUT',
    'DEADLOCK',
    'SERIALIZATION',
    'SLOTS',
    'EXPIRED',
    'NO_2PC',
    'UNAVAILABLE',
  ] as const)('after NO(%s)', (code) => {
    expect(play(start, no('a', code)).drive.tx.attempt).toBe(2);
  });

  it('after a prepare timeout; never without being asked for; never for an operator', () => {
    expect(play(start, { type: 'deadline', attempt: 1 }).drive.tx.attempt).toBe(2);
    expect(play(drive(), { type: 'deadline', attempt: 1 }).drive.tx.state).toBe('ABORTING');
    expect(play(start, { type: 'force-abort', by: 'ann', reason: 'x' }).drive.tx.state).toBe('ABORTING');
  });

  it('a late alarm of attempt 1 does not end attempt 2', () => {
    const { drive: fallen } = play(start, { type: 'deadline', attempt: 1 });
    expect(step(fallen, { type: 'deadline', attempt: 1 }).kind).toBe('none');
  });

  it('ends only when every ABORT(1) is acknowledged too', () => {
    const fallen = play(start, no('b', 'SLOTS'), done('a', 2), done('b', 2)).drive;
    expect(fallen.tx.state).toBe('SAGA_RUNNING');
    expect(outcomeOf(fallen.tx)).toBeNull();
    expect(play(fallen, ack('a', 'ABORTED'), ack('b', 'ABORTED')).last).toMatchObject({
      change: { ended: true, decide: { attempt: 2, decision: 'COMMIT' }, next: { state: 'SAGA_COMPLETED' } },
    });
  });

  it('at most once: a late vote of attempt 1 hears ABORT(1)', () => {
    const fallen = play(start, no('b', 'SLOTS')).drive;
    expect(sendsOf(step(fallen, yes('a')))).toEqual(['ABORT(1) a']);
  });

  it('compensates attempt 2 and still waits for ABORT(1)', () => {
    const back = play(start, no('b', 'SLOTS'), done('a', 2), failed('b', 2), undone('a', 2)).drive;
    expect(back.tx.state).toBe('SAGA_COMPENSATING');
    const { last } = play(back, ack('a', 'ABORTED'), ack('b', 'ABORTED'));
    expect(last).toMatchObject({
      change: { ended: true, decide: { attempt: 2, decision: 'ABORT' }, next: { state: 'SAGA_COMPENSATED' } },
    });
  });
});
