import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  abortRule,
  actionRule,
  BRANCH_TRANSITIONS,
  BranchRowState,
  commitRule,
  compensateRule,
  earlierAllowsAction,
  ended,
  FAULT_RULES,
  FALLBACK_CODES,
  faultOfSqlState,
  forgettable,
  insertable,
  movableFrom,
  NoCode,
  plainNo,
  prepareRule,
  readStoredNo,
  storedNo,
} from '../index.js';
import type { SeenBranch, SeenRow } from '../index.js';

const row = (state: BranchRowState, more: Partial<SeenRow> = {}): SeenRow => ({
  style: 'tcc',
  state,
  output: null,
  error: null,
  ...more,
});
const seen = (more: Partial<SeenBranch> = {}): SeenBranch => ({
  attempt: 1,
  maxAttempt: 0,
  row: null,
  gid: false,
  ...more,
});
const states = Object.values(BranchRowState);

describe('PREPARE', () => {
  it('is refused for ever once a later attempt fenced the branch, whatever else is there', () => {
    for (const state of states) {
      const rule = prepareRule(seen({ maxAttempt: 2, row: row(state), gid: true }), false);
      expect(rule).toMatchObject({ do: 'no', no: { code: 'FENCED' } });
    }
  });

  it('repeats the vote of a row or gid even when the budget is spent', () => {
    expect(prepareRule(seen({ gid: true }), true)).toMatchObject({ do: 'vote', vote: 'YES' });
    expect(prepareRule(seen({ row: row('PREPARED', { output: { n: 1 } }) }), true)).toEqual({
      do: 'vote',
      vote: 'YES',
      output: { n: 1 },
    });
    expect(prepareRule(seen({ row: row('READ_ONLY') }), true)).toMatchObject({
      do: 'vote',
      vote: 'READ_ONLY',
    });
    expect(prepareRule(seen({ row: row('COMMITTED') }), true)).toMatchObject({
      do: 'ack',
      state: 'COMMITTED',
    });
  });

  it('works only where nothing is known and the budget is left', () => {
    expect(prepareRule(seen(), false)).toEqual({ do: 'work' });
    expect(prepareRule(seen(), true)).toEqual({ do: 'expire' });
    for (const state of states) expect(prepareRule(seen({ row: row(state) }), false).do).not.toBe('work');
  });

  it('never votes YES from a row that cannot be committed', () => {
    for (const state of states.filter((one) => one !== 'PREPARED' && one !== 'READ_ONLY')) {
      expect(prepareRule(seen({ row: row(state) }), false).do).not.toBe('vote');
    }
  });

  it('repeats the very NO that left the tombstone, and FENCED where none is stored', () => {
    const refused = { code: NoCode.Refused, fault: { code: 'EXPIRED', message: 'the offer expired' } };
    expect(readStoredNo(storedNo(refused))).toEqual(refused);
    const expired = plainNo(NoCode.Expired, 'late');
    expect(readStoredNo(storedNo(expired))).toEqual(expired);
    expect(readStoredNo(null).code).toBe('FENCED');
  });

  it('never turns a business code into one that allows a fallback', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/), fc.string(), (code, message) => {
        const again = readStoredNo(storedNo({ code: NoCode.Refused, fault: { code, message } }));
        expect(FALLBACK_CODES).not.toContain(again.code);
      }),
    );
  });
});

describe('COMMIT and ABORT', () => {
  it('never call a missing row committed', () => {
    expect(commitRule(null)).toEqual({ do: 'plant', state: 'LOST' });
  });

  it('leave a tombstone where ABORT overtook PREPARE', () => {
    expect(abortRule(null)).toEqual({ do: 'plant', state: 'ABORTED' });
  });

  it('finish only what is PREPARED', () => {
    for (const rule of [commitRule, abortRule]) {
      const finishing = states.filter((state) => rule(row(state)).do === 'finish');
      expect(finishing).toEqual(['PREPARED']);
    }
  });

  it('acknowledge read-only branches either way and keep their row', () => {
    expect(commitRule(row('READ_ONLY'))).toMatchObject({ do: 'ack', state: 'READ_ONLY' });
    expect(abortRule(row('READ_ONLY'))).toMatchObject({ do: 'ack', state: 'READ_ONLY' });
  });

  it('call a contradiction a violation and tell the truth about it', () => {
    expect(commitRule(row('ABORTED'))).toEqual({ do: 'violation', state: 'ABORTED' });
    expect(abortRule(row('COMMITTED'))).toEqual({ do: 'violation', state: 'COMMITTED' });
    expect(abortRule(row('DONE', { style: 'saga' }))).toEqual({ do: 'violation', state: null });
  });
});

describe('saga steps', () => {
  it('an action runs only where nothing is stored', () => {
    expect(actionRule(null)).toEqual({ do: 'work' });
    for (const state of states) expect(actionRule(row(state)).do).not.toBe('work');
  });

  it('an action after its null compensation is refused for ever', () => {
    expect(actionRule(row('NULL_COMPENSATED'))).toMatchObject({
      do: 'report',
      stored: { result: 'FAILED', error: { code: 'FENCED' } },
    });
  });

  it('a compensation undoes only what is DONE, and plants where nothing ran', () => {
    expect(states.filter((state) => compensateRule(row(state), false).do === 'undo')).toEqual(['DONE']);
    expect(compensateRule(null, false)).toEqual({ do: 'plant' });
  });

  it('settling never undoes', () => {
    for (const state of states) expect(compensateRule(row(state), true).do).not.toBe('undo');
    expect(compensateRule(row('DONE', { output: 7 }), true)).toMatchObject({
      do: 'report',
      stored: { state: 'DONE', output: 7 },
    });
    expect(compensateRule(null, true)).toEqual({ do: 'plant' });
  });

  it('an action does not run over an earlier attempt that committed or is still held', () => {
    expect(states.filter((state) => !earlierAllowsAction(row(state)))).toEqual([
      'PREPARED',
      'COMMITTED',
      'HEUR_COMMITTED',
    ]);
  });
});

describe('the table of branch transitions', () => {
  it('moves no ended row', () => {
    for (const { from } of BRANCH_TRANSITIONS) if (from) expect(ended(from)).toBe(false);
  });

  it('lets only COMMIT commit and only DONE be compensated', () => {
    expect(movableFrom('COMMIT', 'COMMITTED')).toEqual(['PREPARED']);
    expect(movableFrom('COMPENSATE', 'COMPENSATED')).toEqual(['DONE']);
    expect(insertable('COMMIT', 'COMMITTED')).toBe(false);
  });

  it('agrees with the rules: what they plant may be inserted', () => {
    expect(insertable('COMMIT', 'LOST')).toBe(true);
    expect(insertable('ABORT', 'ABORTED')).toBe(true);
    expect(insertable('PREPARE', 'ABORTED')).toBe(true);
    expect(insertable('COMPENSATE', 'NULL_COMPENSATED')).toBe(true);
  });

  it('lets FORGET touch nothing that is prepared', () => {
    expect(states.filter((state) => !forgettable(row(state)))).toEqual(['PREPARED']);
    expect(forgettable(null)).toBe(false);
  });
});

describe('faults', () => {
  it('a lock timeout or a duplicate is looked at again, never voted on at once', () => {
    expect(FAULT_RULES.LOCK_TIMEOUT.then).toBe('look-again');
    expect(FAULT_RULES.DUPLICATE.then).toBe('look-again');
  });

  it('a missing database is never a vote', () => {
    expect(FAULT_RULES.UNAVAILABLE.then).toBe('ask-database');
    for (const sqlState of ['08006', '08001', '57P01', '57P03', '53300'])
      expect(faultOfSqlState(sqlState)).toBe('UNAVAILABLE');
  });

  it("a handler's unique violation is its own error and allows no fallback", () => {
    expect(faultOfSqlState('23505')).toBe('OTHER');
    expect(FALLBACK_CODES).not.toContain(FAULT_RULES.OTHER.no);
  });
});
