import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { formatGid } from '#protocol';
import type { BranchKey, LocalTransaction, NewBranchRow, RowState } from '../../port/branch-store.js';
import { MemoryBranchStore } from './branch-store.js';
import { MemoryServer } from './server.js';
import { StandingClock } from './standing-clock.fixture.js';

/**
 * Fences, rows and prepared transactions against a model of three maps. Three local transactions are open side by side, so rows
 * are locked, seen too early or not at all; processes and the server die, and what is prepared stays.
 */

const NAME = 'shop';
const keys: BranchKey[] = ['01920001', '01920002'].flatMap((head) =>
  [1, 2].map((attempt) => ({ gtx: `${head}-0000-7000-8000-000000000001`, branch: 'b', attempt })),
);
const rowId = (key: BranchKey): string => `row ${key.gtx} ${key.attempt}`;
const fenceId = (key: BranchKey): string => `fence ${key.gtx}`;
const gidOf = (key: BranchKey): string => formatGid({ ...key, participant: NAME });

type Value = RowState | number;
/** One local transaction: what it wrote and thereby locked. */
interface Local {
  readonly writes: Map<string, Value>;
  readonly locks: Set<string>;
  failed: boolean;
}
interface Model {
  readonly committed: Map<string, Value>;
  readonly open: Map<number, Local>;
  readonly prepared: Map<string, Local>;
}
interface Real {
  readonly server: MemoryServer;
  readonly store: MemoryBranchStore;
  readonly open: Map<number, LocalTransaction>;
}

const get = (model: Model, local: Local, id: string): Value | undefined =>
  local.writes.get(id) ?? model.committed.get(id);

/** False: another one holds it, which fails the statement and its transaction. */
function lock(model: Model, local: Local, id: string): boolean {
  const others = [...model.open.values(), ...model.prepared.values()].filter((other) => other !== local);
  local.failed ||= others.some(({ locks }) => locks.has(id));
  if (!local.failed) local.locks.add(id);
  return !local.failed;
}

const rowOf = (key: BranchKey, state: RowState): NewBranchRow => ({
  ...key,
  ...{ style: 'tcc', state, operation: 'op', payload: null, output: null, error: null, ledgerEpoch: 1 },
});

abstract class Verb implements fc.AsyncCommand<Model, Real> {
  abstract check(model: Readonly<Model>): boolean;
  abstract act(model: Model, real: Real): Promise<void>;

  /** After each verb everybody sees what the model says is committed, and the gids it says are prepared. */
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    const seen = await real.store.look(keys, { gids: true });
    expect(seen.map(({ maxAttempt, row, gid }) => [maxAttempt, row?.state, gid])).toEqual(
      keys.map((key) => [
        model.committed.get(fenceId(key)) ?? 0,
        model.committed.get(rowId(key)),
        model.prepared.has(gidOf(key)),
      ]),
    );
  }

  toString(): string {
    return `${this.constructor.name}${JSON.stringify(this)}`;
  }
}

class Begin extends Verb {
  constructor(readonly slot: number) {
    super();
  }

  check({ open }: Model): boolean {
    return !open.has(this.slot);
  }

  async act(model: Model, real: Real): Promise<void> {
    model.open.set(this.slot, { writes: new Map(), locks: new Set(), failed: false });
    real.open.set(this.slot, await real.store.begin());
  }
}

/** A statement inside an open local transaction: `undefined` from the model means that it fails, and the transaction with it. */
abstract class Statement<T> extends Verb {
  constructor(
    readonly slot: number,
    readonly key: BranchKey,
  ) {
    super();
  }

  check({ open }: Model): boolean {
    return open.has(this.slot);
  }

  async act(model: Model, real: Real): Promise<void> {
    const local = model.open.get(this.slot)!;
    const wasFailed = local.failed;
    const expected = wasFailed ? undefined : this.say(model, local);
    const said = this.ask(real.open.get(this.slot)!);
    if (local.failed) await expect(said).rejects.toThrow();
    else expect(await said).toEqual(expected);
  }

  /** What the model answers; it marks the transaction failed where the server would. */
  protected abstract say(model: Model, local: Local): T | undefined;
  protected abstract ask(tx: LocalTransaction): Promise<T>;
}

/** B3: a fence only rises. */
function raise(model: Model, local: Local, key: BranchKey): boolean | undefined {
  if (!lock(model, local, fenceId(key))) return undefined;
  if (((get(model, local, fenceId(key)) as number | undefined) ?? 0) > key.attempt) return false;
  local.writes.set(fenceId(key), key.attempt);
  return true;
}

class RaiseFence extends Statement<readonly boolean[]> {
  protected say(model: Model, local: Local) {
    const raised = raise(model, local, this.key);
    return raised === undefined ? undefined : [raised];
  }

  protected ask(tx: LocalTransaction) {
    return tx.raiseFences([this.key]);
  }
}

/** B4: a key is inserted once. */
class Insert extends Statement<void> {
  protected say(model: Model, local: Local): undefined {
    const free = get(model, local, rowId(this.key)) === undefined && lock(model, local, rowId(this.key));
    if (free) local.writes.set(rowId(this.key), 'COMMITTED');
    local.failed ||= !free;
  }

  protected ask(tx: LocalTransaction) {
    return tx.insertRows([rowOf(this.key, 'COMMITTED')]);
  }
}

class Accept extends Statement<readonly string[]> {
  protected say(model: Model, local: Local) {
    const raised = raise(model, local, this.key);
    if (raised === undefined) return undefined;
    if (!raised) return ['fenced'];
    if (get(model, local, rowId(this.key)) !== undefined) return ['duplicate'];
    if (!lock(model, local, rowId(this.key))) return undefined;
    local.writes.set(rowId(this.key), 'PREPARED');
    return ['fresh'];
  }

  protected ask(tx: LocalTransaction) {
    return tx.acceptRows([rowOf(this.key, 'PREPARED')]);
  }
}

class Cancel extends Statement<readonly { readonly moved: boolean; readonly state: RowState | undefined }[]> {
  protected say(model: Model, local: Local) {
    const before = get(model, local, rowId(this.key)) as RowState | undefined;
    if (before !== 'PREPARED') return [{ moved: false, state: before }];
    if (!lock(model, local, rowId(this.key))) return undefined;
    local.writes.set(rowId(this.key), 'ABORTED');
    return [{ moved: true, state: 'ABORTED' as const }];
  }

  protected async ask(tx: LocalTransaction) {
    const moves = await tx.moveRows([{ key: this.key, from: ['PREPARED'], to: 'ABORTED' }]);
    return moves.map(({ moved, row }) => ({ moved, state: row?.state }));
  }
}

/** READ_ONLY where nothing was written before. */
class RecordWork extends Statement<'COMMITTED' | 'READ_ONLY' | 'fenced'> {
  protected say(model: Model, local: Local) {
    const state = local.locks.size === 0 ? 'READ_ONLY' : 'COMMITTED';
    const raised = raise(model, local, this.key);
    if (raised === undefined) return undefined;
    if (!raised) return 'fenced';
    const free = get(model, local, rowId(this.key)) === undefined && lock(model, local, rowId(this.key));
    if (free) local.writes.set(rowId(this.key), state);
    local.failed ||= !free;
    return free ? state : undefined;
  }

  protected ask(tx: LocalTransaction) {
    return tx.recordWork({ ...rowOf(this.key, 'COMMITTED'), state: 'COMMITTED' });
  }
}

/** Ends an open local transaction. */
class End extends Verb {
  constructor(
    readonly slot: number,
    readonly how: 'commit' | 'rollback' | 'prepare',
    readonly key: BranchKey,
  ) {
    super();
  }

  check({ open }: Model): boolean {
    return open.has(this.slot);
  }

  async act(model: Model, real: Real): Promise<void> {
    const local = model.open.get(this.slot)!;
    const tx = real.open.get(this.slot)!;
    model.open.delete(this.slot);
    real.open.delete(this.slot);
    const gid = gidOf(this.key);
    if (this.how === 'rollback') return tx.rollback();
    const ending = this.how === 'commit' ? tx.commit() : tx.prepare(gid);
    // B6: the server answers ROLLBACK where it was asked to keep a failed transaction; a gid is there once.
    if (local.failed || (this.how === 'prepare' && model.prepared.has(gid)))
      return expect(ending).rejects.toThrow();
    await ending;
    if (this.how === 'prepare') model.prepared.set(gid, local);
    else for (const [id, value] of local.writes) model.committed.set(id, value);
  }
}

class FinishPrepared extends Verb {
  constructor(
    readonly how: 'commit' | 'rollback',
    readonly key: BranchKey,
  ) {
    super();
  }

  check(): boolean {
    return true;
  }

  async act(model: Model, { store }: Real): Promise<void> {
    const gid = gidOf(this.key);
    const local = model.prepared.get(gid);
    model.prepared.delete(gid);
    if (this.how === 'commit') for (const [id, value] of local?.writes ?? []) model.committed.set(id, value);
    const finish = this.how === 'commit' ? store.commitPrepared(gid) : store.rollbackPrepared(gid);
    expect(await finish).toBe(local ? 'done' : 'absent');
  }
}

/** kill -9 of the process or of the server: what was open is gone, what is committed or prepared stays. */
class Crash extends Verb {
  constructor(readonly whom: 'process' | 'server') {
    super();
  }

  check(): boolean {
    return true;
  }

  async act(model: Model, { server, store, open }: Real): Promise<void> {
    if (this.whom === 'process') store.crash();
    else server.crash();
    server.start();
    const lost = [...open.values()];
    model.open.clear();
    open.clear();
    for (const tx of lost) await expect(tx.commit()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  }
}

const slot = fc.integer({ min: 0, max: 2 });
const key = fc.constantFrom(...keys);
const inside = fc.tuple(slot, key);
const commands = fc.commands<Model, Real, false>(
  [
    slot.map((at) => new Begin(at)),
    inside.map(([at, id]) => new RaiseFence(at, id)),
    inside.map(([at, id]) => new Insert(at, id)),
    inside.map(([at, id]) => new Accept(at, id)),
    inside.map(([at, id]) => new Cancel(at, id)),
    inside.map(([at, id]) => new RecordWork(at, id)),
    fc
      .tuple(slot, fc.constantFrom('commit', 'commit', 'rollback', 'prepare', 'prepare'), key)
      .map((all) => new End(...all)),
    fc.tuple(fc.constantFrom('commit', 'rollback'), key).map((all) => new FinishPrepared(...all)),
    fc.constantFrom('process', 'server').map((whom) => new Crash(whom)),
  ],
  { maxCommands: 50, size: 'max' },
);

const property = (storeOf: (server: MemoryServer) => MemoryBranchStore) =>
  fc.asyncProperty(commands, (run) =>
    fc.asyncModelRun(() => {
      const server = new MemoryServer({ clock: new StandingClock() });
      const model: Model = { committed: new Map(), open: new Map(), prepared: new Map() };
      return { model, real: { server, store: storeOf(server), open: new Map() } };
    }, run),
  );
const options = (server: MemoryServer) => ({ server, database: 'one', participant: NAME, lockTimeoutMs: 0 });

describe('the branch store', () => {
  it('raises fences, inserts a key once, and keeps what is prepared, whoever comes between or dies', async () => {
    await fc.assert(
      property((server) => new MemoryBranchStore(options(server))),
      { numRuns: 60 },
    );
  });

  it('is seen through when a prepared transaction does not survive', async () => {
    class Forgetful extends MemoryBranchStore {
      override crash(): void {
        super.crash();
        for (const id of keys) void this.rollbackPrepared(gidOf(id));
      }
    }
    const seen = await fc.check(
      property((server) => new Forgetful(options(server))),
      { numRuns: 1_000, endOnFailure: true },
    );
    expect(seen.failed).toBe(true);
  });
});
