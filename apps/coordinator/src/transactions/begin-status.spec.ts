import { describe, expect, it } from '@jest/globals';
import type { StoredTransaction } from '#persistence';
import { begin, type Decision } from '#protocol';
import { beginStatus, stageToAwait, type Wait } from './begin-status.js';

/** A transaction that is undecided, decided, or decided and ended. */
function at(stage: 'begun' | 'decided' | 'ended', decision: Decision = 'COMMIT'): StoredTransaction {
  const base = {
    gtx: 'g',
    mode: '2pc',
    fallback: 'none',
    timeoutMs: 1,
    ledgerEpoch: 1,
    branches: [],
  } as const;
  const tx = begin(base);
  const decided = stage === 'begun' ? null : decision;
  return {
    tx: { ...tx, attempts: [{ ...tx.attempts[0]!, decision: decided }] },
    endedAt: stage === 'ended' ? 'then' : null,
  } as unknown as StoredTransaction;
}

describe('the status of an answer to BEGIN', () => {
  it.each<[Wait, 'first' | 'again', 'begun' | 'decided' | 'ended', 200 | 202]>([
    ['accepted', 'first', 'begun', 202],
    ['accepted', 'first', 'ended', 202],
    ['accepted', 'again', 'begun', 202],
    ['accepted', 'again', 'decided', 200],
    ['accepted', 'again', 'ended', 200],
    ['decided', 'first', 'begun', 202],
    ['decided', 'first', 'decided', 200],
    ['decided', 'again', 'begun', 202],
    ['decided', 'again', 'ended', 200],
    ['applied', 'first', 'decided', 202],
    ['applied', 'first', 'ended', 200],
    ['applied', 'again', 'decided', 202],
    ['applied', 'again', 'ended', 200],
  ])('wait=%s, %s time, %s: %i', (wait, time, stage, status) => {
    expect(beginStatus(wait, { created: time === 'first', stored: at(stage) })).toBe(status);
  });

  it('is the same for an aborted outcome', () => {
    expect(beginStatus('decided', { created: true, stored: at('decided', 'ABORT') })).toBe(200);
  });
});

describe('what is waited for', () => {
  it('is nothing for accepted, and nothing that is there already', () => {
    expect(stageToAwait({ created: true, stored: at('begun') }, 'accepted')).toBeNull();
    expect(stageToAwait({ created: false, stored: at('decided') }, 'decided')).toBeNull();
    expect(stageToAwait({ created: false, stored: at('decided') }, 'applied')).toBe('applied');
    expect(stageToAwait({ created: true, stored: at('begun') }, 'decided')).toBe('decided');
  });
});
