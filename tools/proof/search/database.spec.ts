import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MemoryBranchStore, MemoryServer, StoreError } from '#persistence';
import type { LocalTransaction, MemoryClient, RowState } from '#persistence';
import { formatGid } from '#protocol';
import { apply, emptyDb } from './database.js';
import type { Db, Result, Verb } from './database.js';
import { BRANCH, GTX, PARTICIPANT } from './threads.js';

const clock = { nowMs: () => 0, wallMs: () => 0, after: () => () => undefined };
const keyOf = (attempt: number) => ({ gtx: GTX, attempt, branch: BRANCH });
const gidOf = (attempt: number) => formatGid({ participant: PARTICIPANT, ...keyOf(attempt) });
const row = { style: 'tcc', state: 'PREPARED', operation: 'op', error: null } as const;

/** The in-memory twin of the store, one statement at a time as `apply` takes them. */
class Twin {
  private readonly store = new MemoryBranchStore({
    server: new MemoryServer({ clock }),
    database: 'd',
    participant: PARTICIPANT,
    lockTimeoutMs: 0,
  });
  private readonly open = new Map<number, LocalTransaction>();

  async run(session: number, verb: Verb): Promise<Result> {
    try {
      return { ok: await this.statement(session, verb) };
    } catch (error) {
      if (error instanceof StoreError) return { fail: error.code, sqlState: error.sqlState };
      throw error;
    }
  }

  private async statement(session: number, verb: Verb): Promise<unknown> {
    switch (verb.do) {
      case 'lookRows': {
        const [first, second] = await this.store.look([keyOf(1), keyOf(2)], { gids: false });
        return [first!.maxAttempt, first!.row?.state ?? null, second!.row?.state ?? null];
      }
      case 'lookGids':
        return (await this.store.look([keyOf(verb.attempt)], { gids: true }))[0]!.gid;
      case 'commitPrepared':
        return this.store.commitPrepared(gidOf(verb.attempt));
      case 'rollbackPrepared':
        return this.store.rollbackPrepared(gidOf(verb.attempt));
      default:
        return this.inTransaction(session, verb);
    }
  }

  private async inTransaction(session: number, verb: Verb): Promise<unknown> {
    const tx = this.open.get(session) ?? (await this.store.begin());
    this.open.set(session, tx);
    if (verb.do === 'commit' || verb.do === 'rollback' || verb.do === 'prepare') this.open.delete(session);
    switch (verb.do) {
      case 'fence':
        return (await tx.raiseFences([keyOf(verb.attempt)]))[0];
      case 'insert':
        return (await tx.insertRows([newRow(verb.attempt)])) ?? null;
      case 'accept':
        return (await tx.acceptRows([newRow(verb.attempt)]))[0];
      case 'record':
        return tx.recordWork({ ...newRow(verb.attempt), state: 'COMMITTED' });
      case 'move': {
        const moves = verb.moves.map(({ attempt, from, to }) => {
          return { key: keyOf(attempt), from: from as RowState[], to: to as RowState };
        });
        return (await tx.moveRows(moves)).map((moved) => [moved.moved, moved.row?.state ?? null]);
      }
      case 'handle':
        await (tx.client as MemoryClient).put('business', 1);
        return 'ok';
      case 'prepare':
        return (await tx.prepare(gidOf(verb.attempt))) ?? null;
      case 'commit':
        return (await tx.commit()) ?? null;
      default:
        return (await tx.rollback()) ?? null;
    }
  }
}

const newRow = (attempt: number) => ({
  ...row,
  ...keyOf(attempt),
  payload: null,
  output: null,
  ledgerEpoch: 0,
});

/** Results in the twin's words: states of rows instead of whole rows. */
function inShort(verb: Verb, result: Result): Result {
  if ('fail' in result) return result;
  if (verb.do === 'lookRows') {
    const { fence, rows } = result.ok as { fence: number; rows: Db['rows'] };
    return { ok: [fence, ...rows.map((one) => one?.state ?? null)] };
  }
  if (verb.do !== 'move') return result;
  const moves = result.ok as readonly { moved: boolean; row: Db['rows'][number] }[];
  return { ok: moves.map((one) => [one.moved, one.row?.state ?? null]) };
}

const attempt = fc.constantFrom(1, 2);
const verbs: fc.Arbitrary<Verb> = fc.oneof(
  fc.record({ do: fc.constantFrom('lookRows' as const, 'lookGids' as const), attempt }),
  fc.record({ do: fc.constantFrom('commitPrepared' as const, 'rollbackPrepared' as const), attempt }),
  fc.record({ do: fc.constantFrom('fence' as const, 'prepare' as const), attempt }),
  fc.record({ do: fc.constantFrom('insert' as const, 'accept' as const), attempt, row: fc.constant(row) }),
  fc.record({
    do: fc.constant('record' as const),
    attempt,
    row: fc.constant({ ...row, state: 'COMMITTED' }),
  }),
  fc.record({ do: fc.constantFrom('commit' as const, 'rollback' as const) }),
  fc.record({
    do: fc.constant('move' as const),
    moves: fc.tuple(
      fc.record({
        attempt,
        from: fc.constant(['PREPARED']),
        to: fc.constantFrom('COMMITTED', 'ABORTED'),
        error: fc.constant(undefined),
      }),
    ),
  }),
  fc.constant<Verb>({ do: 'handle', what: 'worked', savepoint: false }),
);

describe("the search's database", () => {
  it('answers every statement as the in-memory twin of the store does', async () => {
    const script = fc.array(fc.tuple(fc.nat(2), verbs), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const twin = new Twin();
        let db = emptyDb(3);
        for (const [session, verb] of steps) {
          const [mine] = apply(db, session, verb);
          db = mine!.db;
          expect([verb, inShort(verb, mine!.result)]).toEqual([verb, await twin.run(session, verb)]);
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});
