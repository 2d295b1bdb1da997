import { describe, expect, it } from '@jest/globals';
import type { MemoryStatement } from '#persistence';
import type { CommandMessage } from '#wire';
import {
  abort,
  action,
  amountSchema,
  Bench,
  commit,
  compensate,
  gtxOf,
  prepare,
} from './fixtures/participant.fixture.js';
import type { StatementContext } from './operations/branch-context.js';
import type { NamedStatement, OperationDefinition, StatementStep } from './operations/operation.js';
import { ReadOnly, Refused } from './operations/refused.js';
import type { BatchResult } from './operations/refused.js';

type Amount = { amount: number };

/** Refuses below zero, reads at zero, has an output above ten; counts each branch it works for. */
function resultOf({ amount }: Amount): BatchResult {
  if (amount < 0) return new Refused('NEGATIVE');
  return amount > 10 ? { n: amount } : undefined;
}

/** Handlers of one kind, noting each time they are asked. */
function naming(
  asked: string[],
  readOnly: (amount: number) => BatchResult = () => undefined,
  onceOnly = false,
) {
  const step = (what: string, result: (payload: Amount) => BatchResult): StatementStep<Amount> => ({
    statement: (contexts: readonly StatementContext<Amount>[]): NamedStatement & MemoryStatement => {
      asked.push(`${what} ${contexts.length}`);
      return {
        ...{ text: '', values: [] },
        run: async (client) => {
          for (const { gtx, branch, payload } of contexts) {
            if (payload.amount <= 0) continue;
            const key = `${what}:${gtx}:${branch}`;
            if (onceOnly && (await client.get(key)) !== undefined) await client.failStatement('it is there');
            await client.update(key, (value) => ((value as number) ?? 0) + 1);
          }
          return contexts.map(({ payload }) => result(payload));
        },
        results: (rows: readonly BatchResult[]) => rows,
      };
    },
  });
  const tried = (payload: Amount) => resultOf(payload) ?? readOnly(payload.amount);
  const nothing = () => undefined;
  const saga = {
    schema: amountSchema,
    action: step('acted', tried),
    compensate: step('compensated', nothing),
  };
  const tcc: OperationDefinition<Amount> = {
    name: 'reserve',
    tcc: {
      schema: amountSchema,
      try: step('tried', tried),
      confirm: step('confirmed', nothing),
      cancel: step('cancelled', nothing),
    },
    saga,
  };
  const xa: OperationDefinition<Amount> = {
    name: 'charge',
    xa: { schema: amountSchema, work: step('charged', resultOf) },
  };
  return { tcc, xa };
}

const tccBench = (asked: string[] = [], more: ConstructorParameters<typeof Bench>[0] = {}) =>
  new Bench({ ...more, operations: [naming(asked).tcc] });
const xaBench = (asked: string[] = []) => new Bench({ operations: [naming(asked).xa] });
const amounts = (...list: number[]): CommandMessage[] =>
  list.map((amount, index) => prepare('reserve', { gtx: gtxOf(index + 1), payload: { amount } }));

describe('a tcc handler that names its SQL', () => {
  it('is asked once a phase a batch, and its SQL is run with the rows', async () => {
    const asked: string[] = [];
    const begins: string[] = [];
    const bench = tccBench(asked, {
      hook: (verb, moment) => void (verb === 'begin' && moment === 'before' && begins.push(verb)),
    });

    const votes = await bench.send(...amounts(1, 2, 3));
    const acks = await bench.send(...[1, 2, 3].map((n) => commit({ gtx: gtxOf(n) })));

    expect(votes.map((vote) => 'vote' in vote && vote.vote)).toEqual(['YES', 'YES', 'YES']);
    expect(acks.map((ack) => 'state' in ack && ack.state)).toEqual(['COMMITTED', 'COMMITTED', 'COMMITTED']);
    expect(asked).toEqual(['tried 3', 'confirmed 3']);
    expect(begins).toHaveLength(2);
    for (const gtx of [1, 2, 3].map(gtxOf))
      expect([bench.count('tried', { gtx }), bench.count('confirmed', { gtx })]).toEqual([1, 1]);
  });

  it('refuses one branch of a batch, and the others stand', async () => {
    const bench = tccBench();

    const votes = await bench.send(...amounts(1, -1, 20));

    expect(votes).toMatchObject([
      { vote: 'YES', output: null },
      { vote: 'NO', noCode: 'REFUSED', code: 'NEGATIVE' },
      { vote: 'YES', output: { n: 20 } },
    ]);
    expect(await bench.send(commit({ gtx: gtxOf(3) }))).toMatchObject([
      { state: 'COMMITTED', output: { n: 20 } },
    ]);
    expect(await bench.send(abort({ gtx: gtxOf(2) }))).toMatchObject([{ state: 'ABORTED' }]);
    expect(bench.count('cancelled')).toBe(0);
  });

  it('works once for a branch that comes again beside new ones', async () => {
    const asked: string[] = [];
    const bench = tccBench(asked);
    const [first, second] = amounts(1, 20);
    await bench.send(second!);

    const votes = await bench.send(first!, second!);

    expect(votes).toMatchObject([
      { vote: 'YES', output: null },
      { vote: 'YES', output: { n: 20 } },
    ]);
    expect([bench.count('tried', { gtx: gtxOf(1) }), bench.count('tried', { gtx: gtxOf(2) })]).toEqual([
      1, 1,
    ]);
    expect(asked).toEqual(['tried 1', 'tried 2', 'tried 1']);
  });

  it('confirms what another process prepared, out of its row', async () => {
    const first = tccBench();
    await first.send(...amounts(1, 2));
    const asked: string[] = [];
    const other = tccBench(asked, { server: first.server, clock: first.clock });

    expect(await other.send(commit({ gtx: gtxOf(1) }), abort({ gtx: gtxOf(2) }))).toMatchObject([
      { state: 'COMMITTED' },
      { state: 'ABORTED' },
    ]);
    expect(asked).toEqual(['confirmed 1', 'cancelled 1']);
  });

  it('confirms nothing for a row that an operator has ended meanwhile', async () => {
    const bench = tccBench();
    await bench.send(...amounts(1, 2));
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

  it('confirms once when COMMIT comes twice', async () => {
    const bench = tccBench();
    await bench.send(...amounts(1));

    await bench.send(commit({ gtx: gtxOf(1) }));
    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);
    expect(bench.count('confirmed')).toBe(1);
  });

  it('may vote READ_ONLY', async () => {
    const bench = new Bench({
      operations: [naming([], (amount) => (amount === 0 ? new ReadOnly() : undefined)).tcc],
    });
    expect(await bench.send(...amounts(0, 1))).toMatchObject([{ vote: 'READ_ONLY' }, { vote: 'YES' }]);
  });
});

describe('a saga step that names its SQL', () => {
  it('acts and compensates once', async () => {
    const asked: string[] = [];
    const bench = tccBench(asked);
    const acts = [1, -1, 20].map((amount, index) =>
      action('reserve', { gtx: gtxOf(index + 1), payload: { amount } }),
    );

    expect(await bench.send(...acts)).toMatchObject([
      { result: 'DONE', output: null },
      { result: 'FAILED', code: 'NEGATIVE' },
      { result: 'DONE', output: { n: 20 } },
    ]);
    expect(await bench.send(...acts)).toMatchObject([
      { result: 'DONE' },
      { result: 'FAILED' },
      { result: 'DONE' },
    ]);
    expect(await bench.send(compensate('reserve', { gtx: gtxOf(3) }))).toMatchObject([
      { result: 'DONE', state: 'COMPENSATED' },
    ]);
    const [first, third] = [{ gtx: gtxOf(1) }, { gtx: gtxOf(3) }];
    expect([bench.count('acted', first), bench.count('acted', third)]).toEqual([1, 1]);
    expect(bench.count('compensated', third)).toBe(1);
    expect(asked).toEqual(['acted 3', 'acted 3', 'compensated 1']);
  });

  it('gives back first what an earlier attempt reserved', async () => {
    const bench = tccBench();
    await bench.send(...amounts(1));

    await bench.send(action('reserve', { gtx: gtxOf(1), attempt: 2, payload: { amount: 1 } }));

    expect([bench.count('cancelled'), bench.count('acted')]).toEqual([1, 1]);
  });
});

describe('an xa handler that names its SQL', () => {
  it('is prepared with its output, and committed', async () => {
    const bench = xaBench();

    const votes = await bench.send(prepare('charge', { gtx: gtxOf(1), payload: { amount: 20 } }));
    expect(votes).toMatchObject([{ vote: 'YES', output: { n: 20 } }]);
    expect(bench.count('charged')).toBe(0);

    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([
      { state: 'COMMITTED', output: { n: 20 } },
    ]);
    expect(bench.count('charged')).toBe(1);
  });

  it('votes READ_ONLY where it wrote nothing, NO where it refuses, and the same when asked again', async () => {
    const bench = xaBench();
    const commands = [0, -1].map((amount, index) =>
      prepare('charge', { gtx: gtxOf(index + 1), payload: { amount } }),
    );

    for (const expected of [{ vote: 'READ_ONLY' }, { vote: 'NO', code: 'NEGATIVE' }]) {
      const command = commands.shift()!;
      expect(await bench.send(command)).toMatchObject([expected]);
      expect(await bench.send(command)).toMatchObject([expected]);
    }
  });

  it('leaves nothing under a fence that was raised after its look', async () => {
    const key = { gtx: gtxOf(1), attempt: 2, branch: 'b1' };
    let raised = false;
    const bench: Bench = new Bench({
      operations: [naming([]).xa],
      hook: async (verb, moment) => {
        if (verb !== 'begin' || moment !== 'before' || raised) return;
        raised = true;
        const tx = await bench.store.begin();
        await tx.raiseFences([key]);
        await tx.commit();
      },
    });

    expect(await bench.send(prepare('charge', { gtx: gtxOf(1), payload: { amount: 5 } }))).toMatchObject([
      { vote: 'NO', noCode: 'FENCED' },
    ]);
    expect(raised).toBe(true);
    expect(await bench.store.preparedGids()).toEqual([]);
  });
});

describe('SQL that cannot run twice', () => {
  const strict = (more: ConstructorParameters<typeof Bench>[0] = {}) =>
    new Bench({ ...more, operations: [naming([], undefined, true).tcc] });

  it.each([1, 2])('answers a copy of a PREPARE with its vote, in a batch of %i', async (size) => {
    const bench = strict();
    await bench.send(...amounts(1));

    const votes = await bench.send(...amounts(...[1, 2].slice(0, size)));

    expect(votes.map((vote) => 'vote' in vote && vote.vote)).toEqual(Array(size).fill('YES'));
    expect(bench.count('tried')).toBe(1);
  });

  it.each([1, 2])('answers a copy of an ACTION with its result, in a batch of %i', async (size) => {
    const bench = strict();
    const acts = [1, 2].map((n) => action('reserve', { gtx: gtxOf(n) }));
    await bench.send(acts[0]!);

    const results = await bench.send(...acts.slice(0, size));

    expect(results.map((one) => 'result' in one && one.result)).toEqual(Array(size).fill('DONE'));
    expect(bench.count('acted')).toBe(1);
  });

  it('answers a copy of a step that must succeed with its result, though the handler would refuse it now', async () => {
    let isOver = false;
    const statement = (): NamedStatement & MemoryStatement => {
      if (isOver) throw new Refused('OVER');
      return { ...{ text: '', values: [] }, run: async () => [] };
    };
    const saga = { schema: amountSchema, action: { statement } };
    const bench = new Bench({ operations: [{ name: 'reserve', saga }] });
    const command = action('reserve', { kind: 'retriable', payload: { amount: 1 } });
    await bench.send(command);
    isOver = true;

    expect(await bench.send(command)).toMatchObject([{ result: 'DONE' }]);
  });

  it('acknowledges a COMMIT that another process has carried out', async () => {
    const bench = strict();
    await bench.send(...amounts(1));
    const { server, clock } = bench;
    await strict({ server, clock }).send(commit({ gtx: gtxOf(1) }));

    expect(await bench.send(commit({ gtx: gtxOf(1) }))).toMatchObject([{ state: 'COMMITTED' }]);
    expect(bench.count('confirmed')).toBe(1);
  });
});
