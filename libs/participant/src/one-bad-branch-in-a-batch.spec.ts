import { describe, expect, it } from '@jest/globals';
import { StoreError } from '#persistence';
import {
  abort,
  action,
  amountSchema,
  Bench,
  businessOf,
  commit,
  compensate,
  gtxOf,
  prepare,
} from './fixtures/participant.fixture.js';
import type { BranchContext } from './operations/branch-context.js';
import type { BatchStep, OperationDefinition } from './operations/operation.js';
import { Refused } from './operations/refused.js';

type Amount = { amount: number };
const POISON = 666;

/** Batch handlers that note each call, count each branch, refuse below zero and throw for the whole batch at POISON. */
function batching(calls: string[]): OperationDefinition<Amount> {
  const step = (what: string): BatchStep<Amount> => ({
    async batch(contexts: readonly BranchContext<Amount>[]) {
      calls.push(`${what} ${contexts.length}`);
      if (contexts.some(({ payload }) => payload.amount === POISON)) throw new Error('poison');
      for (const context of contexts) {
        if (context.payload.amount < 0) continue;
        await businessOf(context).update(
          `${what}:${context.gtx}:${context.branch}`,
          (value) => ((value as number) ?? 0) + 1,
        );
      }
      return contexts.map(({ payload }) =>
        payload.amount < 0 ? new Refused('NEGATIVE') : { n: payload.amount },
      );
    },
  });
  return {
    name: 'reserve',
    tcc: { schema: amountSchema, try: step('tried'), confirm: step('confirmed'), cancel: step('cancelled') },
    saga: { schema: amountSchema, action: step('acted'), compensate: step('compensated') },
  };
}

const benchWith = (calls: string[]) => new Bench({ operations: [batching(calls)] });
const numbers = Array.from({ length: 5 }, (_, index) => index + 1);

/** Once a batch is split, each branch answers when it is done. */
const byGtx = <M>(replies: readonly M[]): readonly M[] =>
  [...replies].sort((a, b) => ((a as { gtx: string }).gtx < (b as { gtx: string }).gtx ? -1 : 1));

describe('a batch handler', () => {
  it('is called once a phase a batch, in one local transaction', async () => {
    const calls: string[] = [];
    const begins: string[] = [];
    const bench = new Bench({
      operations: [batching(calls)],
      hook: (verb, moment) => void (verb === 'begin' && moment === 'before' && begins.push(verb)),
    });

    const votes = await bench.send(
      ...numbers.map((n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount: n } })),
    );
    const acks = await bench.send(...numbers.map((n) => commit({ gtx: gtxOf(n) })));

    expect(calls).toEqual(['tried 5', 'confirmed 5']);
    expect(begins).toHaveLength(2);
    expect(votes.map((vote) => 'output' in vote && vote.output)).toEqual(numbers.map((n) => ({ n })));
    expect(acks).toHaveLength(5);
    expect(numbers.map((n) => bench.count('confirmed', { gtx: gtxOf(n) }))).toEqual([1, 1, 1, 1, 1]);
  });

  it('refuses one branch without a word about the others', async () => {
    const bench = benchWith([]);

    const votes = await bench.send(
      ...[1, -2, 3].map((amount, n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount } })),
    );

    expect(votes).toMatchObject([
      { vote: 'YES' },
      { vote: 'NO', noCode: 'REFUSED', code: 'NEGATIVE' },
      { vote: 'YES' },
    ]);
    expect(await bench.row(1, { gtx: gtxOf(1) })).toMatchObject({ state: 'ABORTED' });
  });

  it('that throws fails only the branch it throws for: the batch is split', async () => {
    const calls: string[] = [];
    const bench = benchWith(calls);

    const votes = await bench.send(
      ...[1, POISON, 3].map((amount, n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount } })),
    );

    expect(byGtx(votes)).toMatchObject([
      { vote: 'YES' },
      { vote: 'NO', noCode: 'ERROR', message: 'poison' },
      { vote: 'YES' },
    ]);
    expect([...calls].sort()).toEqual(['tried 1', 'tried 1', 'tried 1', 'tried 2', 'tried 3']);
    expect(bench.count('tried', { gtx: gtxOf(0) })).toBe(1);
  });

  it('behind a lock each branch waits alone: no half of the batch waits with the one that is blocked', async () => {
    const calls: number[] = [];
    const step: BatchStep<Amount> = {
      async batch(contexts) {
        calls.push(contexts.length);
        if (contexts.length > 1) throw new StoreError('LOCK_TIMEOUT', 'canceling statement', false, '55P03');
        return contexts.map(() => undefined);
      },
    };
    const tcc = { schema: amountSchema, try: step, confirm: step, cancel: step };
    const bench = new Bench({ operations: [{ name: 'reserve', tcc }] });

    const votes = await bench.send(
      ...numbers.map((n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount: n } })),
    );

    expect(votes.map((vote) => 'vote' in vote && vote.vote)).toEqual(numbers.map(() => 'YES'));
    expect(calls).toEqual([5, 1, 1, 1, 1, 1]);
  });

  it('and is searched for by halves: one bad branch of 64 costs a dozen transactions', async () => {
    const calls: string[] = [];
    const bench = benchWith(calls);
    const amounts = Array.from({ length: 64 }, (_, at) => (at === 37 ? POISON : 1));

    const votes = byGtx(
      await bench.send(
        ...amounts.map((amount, n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount } })),
      ),
    );

    expect(votes.map((vote) => 'vote' in vote && vote.vote)).toEqual(
      amounts.map((amount) => (amount === POISON ? 'NO' : 'YES')),
    );
    expect(calls).toHaveLength(1 + 2 * Math.log2(64));
    expect(bench.count('tried', { gtx: gtxOf(36) })).toBe(1);
  });

  it('that throws in a saga leaves its neighbours done, and the bad one to be retried', async () => {
    const bench = benchWith([]);

    const results = await bench.send(
      ...[1, POISON, -1].map((amount, n) => action('reserve', { gtx: gtxOf(n), payload: { amount } })),
    );

    expect(byGtx(results)).toMatchObject([{ result: 'DONE' }, { result: 'RETRY' }, { result: 'FAILED' }]);
    expect(await bench.row(1, { gtx: gtxOf(1) })).toBeNull();
  });

  it('of a retriable step that refuses is not stored, while its neighbours are', async () => {
    const bench = benchWith([]);

    const results = await bench.send(
      ...[1, -1].map((amount, n) =>
        action('reserve', { gtx: gtxOf(n), payload: { amount }, kind: 'retriable' }),
      ),
    );

    expect(byGtx(results)).toMatchObject([{ result: 'DONE' }, { result: 'RETRY', code: 'NEGATIVE' }]);
  });

  it('that returns too few results is an error, never a guess', async () => {
    const short: BatchStep<Amount> = { batch: async () => [null] };
    const bench = new Bench({
      operations: [
        { name: 'reserve', tcc: { schema: amountSchema, try: short, confirm: short, cancel: short } },
      ],
    });

    const votes = await bench.send(...numbers.map((n) => prepare('reserve', { gtx: gtxOf(n) })));

    // One by one a single result is right, so the branches are prepared after the batch was refused.
    expect(votes.every((vote) => 'vote' in vote && vote.vote === 'YES')).toBe(true);
    expect(bench.log.lines).toContainEqual(
      expect.objectContaining({ message: 'a batch failed and is split' }),
    );
  });
});

describe('a confirm that keeps failing', () => {
  it('keeps only its own branch unacknowledged and prepared, and is alarmed', async () => {
    let broken = true;
    const fine = { one: async () => undefined };
    const confirm: BatchStep<Amount> = {
      batch: async (contexts) => {
        if (broken && contexts.some(({ payload }) => payload.amount === POISON))
          throw new Error('cannot confirm');
      },
    };
    const bench = new Bench({
      operations: [{ name: 'reserve', tcc: { schema: amountSchema, try: fine, confirm, cancel: confirm } }],
    });
    await bench.send(
      ...[1, POISON].map((amount, n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount } })),
    );

    const acks = await bench.send(commit({ gtx: gtxOf(0) }), commit({ gtx: gtxOf(1) }));

    expect(acks).toMatchObject([{ gtx: gtxOf(0), state: 'COMMITTED' }]);
    expect(await bench.row(1, { gtx: gtxOf(1) })).toMatchObject({ state: 'PREPARED' });
    expect(
      bench.log.lines.some(
        ({ level, fields }) => level === 'error' && fields['message'] === 'cannot confirm',
      ),
    ).toBe(true);

    broken = false;
    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);
  });
});

describe('one batch of everything', () => {
  it('answers each of its commands once', async () => {
    const bench = new Bench();
    await bench.send(
      prepare('charge', { gtx: gtxOf(1) }),
      prepare('reserve', { gtx: gtxOf(2) }),
      action('ship', { gtx: gtxOf(3) }),
    );

    const replies = await bench.send(
      commit({ gtx: gtxOf(1) }),
      abort({ gtx: gtxOf(2) }),
      compensate('ship', { gtx: gtxOf(3) }),
      prepare('charge', { gtx: gtxOf(4) }),
      prepare('reserve', { gtx: gtxOf(5) }),
      action('ship', { gtx: gtxOf(6) }),
      { ...commit({ gtx: gtxOf(7) }), type: 'FORGET' },
    );

    expect(replies.map((reply) => reply.type).sort()).toEqual([
      'ACK',
      'ACK',
      'RESULT',
      'RESULT',
      'VOTE',
      'VOTE',
    ]);
  });

  it('runs the commands of one branch in their order', async () => {
    const bench = new Bench();

    const replies = await bench.send(
      prepare('charge'),
      commit(),
      action('charge', { gtx: gtxOf(9) }),
      compensate('charge', { gtx: gtxOf(9) }),
    );

    expect(replies.filter(({ type }) => type !== 'RESULT')).toMatchObject([
      { vote: 'YES' },
      { state: 'COMMITTED' },
    ]);
    expect(replies.filter(({ type }) => type === 'RESULT')).toMatchObject([
      { phase: 'ACTION' },
      { phase: 'COMPENSATE', state: 'COMPENSATED' },
    ]);
  });
});

describe('FORGET', () => {
  it('drops payload and output and keeps the tombstone; a prepared branch keeps everything', async () => {
    const bench = benchWith([]);
    await bench.send(prepare('reserve', { gtx: gtxOf(1) }), prepare('reserve', { gtx: gtxOf(2) }));
    await bench.send(commit({ gtx: gtxOf(1) }));

    await bench.send(...[1, 2].map((n) => ({ ...commit({ gtx: gtxOf(n) }), type: 'FORGET' as const })));

    expect(await bench.row(1, { gtx: gtxOf(1) })).toMatchObject({
      state: 'COMMITTED',
      payload: null,
      output: null,
    });
    expect(await bench.row(1, { gtx: gtxOf(2) })).toMatchObject({
      state: 'PREPARED',
      payload: { amount: 1 },
      output: { n: 1 },
    });
  });
});
