import { describe, expect, it } from '@jest/globals';
import type { Entry } from '#coordination';
import type { StoredTransaction } from '#persistence';
import { begin, driveOf, tombstone, type BranchResult, type HeldVote, type Transaction } from '#protocol';
import { transactionView, votesOn } from './transaction-view.js';
import { transactionViewSchema } from './transaction-schema.js';

const gtx = '019a0000-0000-7000-8000-000000000001';
const AT = '2026-01-01T00:00:00.000Z';
const YES: HeldVote = { vote: 'YES', code: null, fault: null };
const READ_ONLY: HeldVote = { vote: 'READ_ONLY', code: null, fault: null };

const branches = ['a', 'b'].map((id) => ({
  ...{ id, participant: 'p', operation: 'o', payload: {} },
  kind: 'compensatable' as const,
}));

function image(more: Partial<Transaction> = {}): Transaction {
  const base = { gtx, mode: '2pc', fallback: 'none', timeoutMs: 5_000, ledgerEpoch: 1, branches } as const;
  return { ...begin(base), ...more };
}

function stored(tx: Transaction, more: Partial<StoredTransaction> = {}): StoredTransaction {
  return {
    ...{ tx, driver: 'one', deadlineLeftMs: 1, deadline: AT, tries: 0, businessKey: 'k', description: null },
    ...{ bodyHash: 'h', tombstone: false, initiator: null, traceparent: null },
    ...{ createdAt: AT, updatedAt: AT, ageMs: 1, endedAt: null },
    ...more,
  };
}

const result = (branch: string, state: BranchResult['state'], attempt = 1): BranchResult => ({
  ...{ attempt, branch, state, output: null, error: null },
});

const held = (tx: Transaction, votes: Record<string, HeldVote>): Entry =>
  ({ drive: { ...driveOf(tx), votes } }) as unknown as Entry;

describe('a transaction as the API shows it', () => {
  it('has exactly the fields that its schema promises', () => {
    const view = transactionView(stored(image()));
    expect(transactionViewSchema.strict().parse(view)).toEqual(view);
  });

  it('shows a vote as PREPARED, until the ledger knows better', () => {
    const states = (results: readonly BranchResult[]) =>
      transactionView(stored(image({ results })), { a: YES, b: READ_ONLY }).branches.map(
        ({ state }) => state,
      );
    expect(states([])).toEqual(['PREPARED', 'READ_ONLY']);
    expect(states([result('a', 'COMMITTED')])).toEqual(['COMMITTED', 'READ_ONLY']);
  });

  it('shows votes only on the very version they were given on', () => {
    const tx = image();
    expect(votesOn(stored(tx), held(tx, { a: YES }))).toEqual({ a: YES });
    expect(votesOn(stored({ ...tx, version: 2 }), held(tx, { a: YES }))).toEqual({});
    expect(votesOn(stored(tx), undefined)).toEqual({});
  });

  it('shows branches of the current attempt, not of the one before', () => {
    const tx = image({
      attempt: 2,
      attempts: [...image().attempts, { ...image().attempts[0]!, attempt: 2, mode: 'saga' }],
    });
    const view = transactionView(
      stored({ ...tx, results: [result('a', 'ABORTED', 1), result('b', 'DONE', 2)] }),
    );
    expect(view.branches.map(({ state }) => state)).toEqual(['PENDING', 'DONE']);
  });

  it('shows the order of steps only where they may run as a saga', () => {
    const after = (more: Partial<Transaction>) => transactionView(stored(image(more))).branches[1]?.after;
    expect(after({})).toEqual([]);
    expect(after({ fallback: 'saga' })).toEqual(['a']);
    expect(after({ mode: 'saga' })).toEqual(['a']);
  });

  it('shows a tombstone as an aborted transaction without branches', () => {
    const view = transactionView(stored(tombstone(gtx, 'INQUIRY', 1), { tombstone: true, endedAt: AT }));
    expect(view).toMatchObject({
      state: 'ABORTED',
      outcome: 'aborted',
      branches: [],
      attempts: [{ reason: 'INQUIRY' }],
    });
  });
});
