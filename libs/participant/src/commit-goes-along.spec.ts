import { describe, expect, it, jest } from '@jest/globals';
import type { MemoryStatement } from '#persistence';
import { abort, amountSchema, Bench, commit, gtxOf, prepare } from './fixtures/participant.fixture.js';
import type { StatementContext } from './operations/branch-context.js';
import type { NamedStatement, OperationDefinition, StatementStep } from './operations/operation.js';

type Amount = { amount: number };
type Results = NamedStatement['results'];

/** Counts each branch it works for; fails for `failing`. */
const counting = (what: string, failing: () => boolean, results?: Results): StatementStep<Amount> => ({
  statement: (contexts: readonly StatementContext<Amount>[]): NamedStatement & MemoryStatement => ({
    ...{ text: '', values: [] },
    run: async (client) => {
      if (failing()) await client.failStatement('out of order');
      for (const { gtx, branch } of contexts)
        await client.update(`${what}:${gtx}:${branch}`, (value) => ((value as number) ?? 0) + 1);
      return [];
    },
    ...(results && { results }),
  }),
});

interface Kind {
  readonly looksAtConfirmed?: boolean;
  readonly failing?: () => boolean;
}

const operationOf = ({ looksAtConfirmed, failing = () => false }: Kind): OperationDefinition<Amount> => ({
  name: 'reserve',
  tcc: {
    schema: amountSchema,
    try: counting('tried', () => false),
    confirm: counting('confirmed', failing, looksAtConfirmed ? () => undefined : undefined),
    cancel: counting('cancelled', failing),
  },
});

const benchOf = (kind: Kind = {}, more: ConstructorParameters<typeof Bench>[0] = {}) =>
  new Bench({ ...more, operations: [operationOf(kind)] });

const prepared = (bench: Bench, ...numbers: number[]) =>
  bench.send(...numbers.map((n) => prepare('reserve', { gtx: gtxOf(n), payload: { amount: 1 } })));

describe('a decision whose handlers do not look at what their SQL returned', () => {
  it('is one message with its COMMIT, whichever way it goes', async () => {
    const bench = benchOf();
    await prepared(bench, 1, 2, 3);
    const whole = jest.spyOn(bench.store, 'moveAndCommit');

    const replies = await bench.send(
      commit({ gtx: gtxOf(1) }),
      commit({ gtx: gtxOf(2) }),
      abort({ gtx: gtxOf(3) }),
    );

    expect(replies.map((reply) => 'state' in reply && reply.state).sort()).toEqual([
      'ABORTED',
      'COMMITTED',
      'COMMITTED',
    ]);
    expect(whole).toHaveBeenCalled();
    const effects = [1, 2, 3].map((n) => [
      bench.count('confirmed', { gtx: gtxOf(n) }),
      bench.count('cancelled', { gtx: gtxOf(n) }),
    ]);
    expect(effects).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
  });

  it('is looked into before its COMMIT where one of them does', async () => {
    const bench = benchOf({ looksAtConfirmed: true });
    await prepared(bench, 1);
    const whole = jest.spyOn(bench.store, 'moveAndCommit');

    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);

    expect(whole).not.toHaveBeenCalled();
    expect(bench.count('confirmed')).toBe(1);
  });

  it('P11 leaves nothing of what it did for a row that an operator has ended meanwhile', async () => {
    const bench = benchOf();
    await prepared(bench, 1, 2);
    const key = { gtx: gtxOf(2), attempt: 1, branch: 'b1' };
    const tx = await bench.store.begin();
    await tx.moveRows([{ key, from: ['PREPARED'], to: 'HEUR_ABORTED' }]);
    await tx.commit();

    const replies = await bench.send(commit({ gtx: gtxOf(1) }), commit({ gtx: gtxOf(2) }));

    expect(replies).toMatchObject([
      { type: 'ACK', state: 'COMMITTED' },
      { type: 'HEURISTIC', taken: 'ABORT' },
    ]);
    expect([bench.count('confirmed'), bench.count('confirmed', { gtx: gtxOf(2) })]).toEqual([1, 0]);
  });

  it('is carried out once where another process did so before', async () => {
    const bench = benchOf();
    await prepared(bench, 1);
    const { server, clock } = bench;
    await benchOf({}, { server, clock }).send(commit({ gtx: gtxOf(1) }));

    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);
    expect(bench.count('confirmed')).toBe(1);
  });

  it.each(['before', 'after'] as const)('is carried out once where it failed %s its COMMIT', async (when) => {
    let losing = false;
    const bench = benchOf(
      {},
      {
        hook: (verb, moment) => {
          if (!losing || verb !== 'commit' || moment !== when) return;
          losing = false;
          throw new Error('the answer was lost');
        },
      },
    );
    await prepared(bench, 1);
    losing = true;

    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);
    expect([losing, bench.count('confirmed')]).toEqual([false, 1]);
  });

  it('is not acknowledged while its SQL fails', async () => {
    let fails = true;
    const bench = benchOf({ failing: () => fails });
    await prepared(bench, 1);

    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toEqual([]);
    expect(bench.count('confirmed')).toBe(0);
    fails = false;
    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);
    expect(bench.count('confirmed')).toBe(1);
  });
});
