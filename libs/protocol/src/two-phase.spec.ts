import { describe, expect, it } from '@jest/globals';
import { outcomeOf } from './image.js';
import { outstanding } from './outstanding.js';
import { step } from './step.js';
import { ack, commandText, drive, no, play, readOnly, sendsOf, yes } from './testing/drives.js';

describe('COMMIT needs a YES from every branch', () => {
  it('asks every branch to prepare, and again only those that have not voted', () => {
    expect(outstanding(drive()).map(commandText)).toEqual(['PREPARE(1) a', 'PREPARE(1) b']);
    const { drive: voted } = play(drive(), yes('a'));
    expect(outstanding(voted).map(commandText)).toEqual(['PREPARE(1) b']);
  });

  it('counts a set, never messages: the same vote twice decides nothing', () => {
    const { drive: voted, last } = play(drive(), yes('a'), yes('a'));
    expect(last.kind).toBe('volatile');
    expect(outcomeOf(voted.tx)).toBeNull();
  });

  it('writes COMMIT before any COMMIT leaves, in one change with version + 1', () => {
    const { last } = play(drive(), yes('a'), yes('b'));
    expect(last).toMatchObject({
      kind: 'durable',
      change: {
        expectedVersion: 1,
        decide: { attempt: 1, decision: 'COMMIT' },
        next: { state: 'COMMITTING', version: 2 },
        ended: false,
      },
    });
    expect(sendsOf(last)).toEqual(['COMMIT(1) a', 'COMMIT(1) b']);
  });

  it('owes a read-only branch nothing more; all read-only ends at once', () => {
    expect(sendsOf(play(drive(), readOnly('a'), yes('b')).last)).toEqual(['COMMIT(1) b']);
    expect(play(drive(), readOnly('a'), readOnly('b')).last).toMatchObject({
      kind: 'durable',
      change: { ended: true, next: { state: 'COMMITTED' } },
    });
  });

  it.each([
    ['a vote for a branch outside the plan', { ...yes('a'), branch: 'x' }, 'UNKNOWN_BRANCH'],
    ['a vote from another participant', { ...yes('a'), participant: 'p-b' }, 'WRONG_PARTICIPANT'],
    ['a vote for an attempt that does not exist', yes('a', 2), 'UNKNOWN_ATTEMPT'],
  ] as const)('refuses %s', (_, event, code) => {
    expect(step(drive(), event)).toMatchObject({ kind: 'refused', code });
  });
});

describe('the first NO decides ABORT', () => {
  it('leaves the refusal code as reason and tells every branch', () => {
    const { last, drive: aborted } = play(drive(), yes('a'), no('b'));
    expect(last).toMatchObject({
      kind: 'durable',
      change: { decide: { decision: 'ABORT', reason: 'OUT_OF_STOCK' } },
    });
    expect(sendsOf(last)).toEqual(['ABORT(1) a', 'ABORT(1) b']);
    expect(outcomeOf(aborted.tx)).toBe('aborted');
    expect(aborted.tx.results).toContainEqual(
      expect.objectContaining({
        branch: 'b',
        state: 'PENDING',
        error: { code: 'OUT_OF_STOCK', message: 'no' },
      }),
    );
  });

  it('answers a late YES with the decision and changes nothing', () => {
    const { drive: aborted } = play(drive(), no('b'));
    const late = step(aborted, yes('a'));
    expect(late.kind).toBe('volatile');
    expect(sendsOf(late)).toEqual(['ABORT(1) a']);
  });

  it('aborts when the budget is spent, once', () => {
    const { drive: aborted, last } = play(drive(), yes('a'), { type: 'deadline', attempt: 1 });
    expect(last).toMatchObject({
      kind: 'durable',
      change: { decide: { decision: 'ABORT', reason: 'TIMEOUT' } },
    });
    expect(step(aborted, { type: 'deadline', attempt: 1 }).kind).toBe('none');
  });
});

describe('the end waits for every acknowledgement', () => {
  const committing = play(drive(), yes('a'), yes('b')).drive;

  it('keeps the first acknowledgement in memory and ends with the last, in one write', () => {
    const first = step(committing, ack('a', 'COMMITTED'));
    expect(first.kind).toBe('volatile');
    const { last } = play(committing, ack('a', 'COMMITTED'), ack('b', 'COMMITTED'));
    expect(last).toMatchObject({ kind: 'durable', change: { ended: true, next: { state: 'COMMITTED' } } });
    expect(last.kind === 'durable' && last.change.next.results.map((result) => result.state)).toEqual([
      'COMMITTED',
      'COMMITTED',
    ]);
  });

  it('a duplicate acknowledgement does not stand in for a missing one', () => {
    expect(play(committing, ack('a', 'COMMITTED'), ack('a', 'COMMITTED')).last.kind).toBe('none');
  });

  it('writes what waits when asked to flush', () => {
    const { last } = play(committing, ack('a', 'COMMITTED'), { type: 'flush' });
    expect(last).toMatchObject({ kind: 'durable', change: { ended: false, next: { state: 'COMMITTING' } } });
    expect(step(committing, { type: 'flush' }).kind).toBe('none');
  });
});

describe('heuristic damage is shown, never hidden', () => {
  const committing = play(drive(), yes('a'), yes('b')).drive;

  it('a LOST branch quarantines as hazard; the others are still told COMMIT', () => {
    const { drive: quarantined, last } = play(committing, ack('a', 'LOST'));
    expect(last).toMatchObject({
      kind: 'durable',
      change: { next: { state: 'QUARANTINED', heuristic: 'hazard' } },
    });
    expect(outstanding(quarantined).map(commandText)).toEqual(['COMMIT(1) b']);
  });

  it('an effect against the decision is mixed, and never goes back to hazard', () => {
    const { drive: mixed } = play(committing, ack('a', 'ABORTED'), ack('b', 'LOST'));
    expect(mixed.tx).toMatchObject({ state: 'QUARANTINED', heuristic: 'mixed' });
  });

  it('an operator resolves with evidence; the flag stays', () => {
    const lost = play(committing, ack('a', 'LOST'), ack('b', 'COMMITTED')).drive;
    const resolve = {
      type: 'resolve',
      by: 'ann',
      reason: 'seen in the books',
      attempt: 1,
      branch: 'a',
      state: 'COMMITTED',
    } as const;
    expect(step(lost, resolve)).toMatchObject({
      kind: 'durable',
      change: { ended: true, next: { state: 'COMMITTED', heuristic: 'hazard' } },
    });
    expect(step(committing, resolve)).toMatchObject({ kind: 'refused', code: 'NOTHING_TO_RESOLVE' });
  });

  it('a heuristic report before the decision only flags, and forbids the fallback', () => {
    const start = drive({ fallback: 'saga' });
    const report = {
      type: 'heuristic',
      attempt: 1,
      branch: 'a',
      participant: 'p-a',
      taken: 'COMMIT',
      by: 'ann',
      reason: 'x',
    } as const;
    const { drive: flagged } = play(start, report);
    expect(flagged.tx).toMatchObject({ state: 'PREPARING', heuristic: 'hazard' });
    expect(play(flagged, { type: 'deadline', attempt: 1 }).drive.tx.state).toBe('ABORTING');
  });
});

describe('operators fill an empty cell, never overwrite one', () => {
  it('force-abort decides without the fallback; a decided one is refused', () => {
    const { drive: aborted } = play(drive({ fallback: 'saga' }), {
      type: 'force-abort',
      by: 'ann',
      reason: 'x',
    });
    expect(aborted.tx.state).toBe('ABORTING');
    expect(step(aborted, { type: 'force-abort', by: 'ann', reason: 'x' })).toMatchObject({
      kind: 'refused',
      code: 'ALREADY_DECIDED',
    });
  });

  it('force-commit drops what it holds and asks every branch again', () => {
    const asked = step(play(drive(), yes('a')).drive, { type: 'force-commit', by: 'ann', reason: 'x' });
    expect(asked.kind).toBe('volatile');
    expect(sendsOf(asked)).toEqual(['PREPARE(1) a']);
  });
});

describe('a tombstone answers, and has no plan', () => {
  it('tells whoever votes YES that it is aborted', async () => {
    const { tombstone } = await import('./begin.js');
    const { driveOf } = await import('./image.js');
    const { GTX } = await import('./testing/drives.js');
    const planted = driveOf(tombstone(GTX, 'INQUIRY', 0));
    expect(sendsOf(step(planted, yes('a')))).toEqual(['ABORT(1) a']);
    expect(step(planted, no('a')).kind).toBe('none');
  });
});
