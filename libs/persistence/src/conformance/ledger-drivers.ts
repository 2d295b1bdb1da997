import { expect, it } from '@jest/globals';
import type { ClaimOptions, InstanceBeat, Ledger } from '../port/ledger.js';
import {
  beginNew,
  begun,
  decided,
  endAll,
  gtxIn,
  gtxsIn,
  gtxsOf,
  loadOne,
  newOf,
  stepOf,
  type LedgerWorld,
} from './ledger-world.js';

const DEAD_AFTER_MS = 1_500;

const claimBy = (instanceId: string, change: Partial<ClaimOptions> = {}): ClaimOptions => ({
  ...{ instanceId, deadInstances: [], limit: 100, nextInMs: 30_000, timelineKind: 'TAKEN_OVER' },
  ...change,
});

const beatOf = (id: string): InstanceBeat => ({
  ...{ id, role: 'coordinator', url: `http://${id}`, replyPartitions: [1, 2] },
});

/** L8 and liveness of drivers (protocol.md §7). */
export function ledgerDrivers(world: () => LedgerWorld): void {
  const beginDrivenBy = (driver: string, gtxs: readonly string[], nextInMs = 35_000): Promise<unknown> =>
    begun(
      world().open(driver),
      gtxs.map((gtx) => newOf(gtx, { driver, nextInMs })),
    );

  it('L8: takes what is overdue, and its former driver’s writes are stale', async () => {
    const gtx = gtxIn(world());
    await beginNew(world().open('one'), [gtx]);
    await world().age(40_000);

    const [taken] = await world().open('two').claim(claimBy('two'));
    const late = await world()
      .open('one')
      .commitSteps([stepOf(gtx, 1, decided('COMMIT'))]);

    expect(taken).toMatchObject({ driver: 'two', tx: { gtx, version: 2 } });
    expect(late).toEqual([{ kind: 'stale' }]);
    const told = await world().admin.timeline(gtx);
    expect(told.at(-1)).toMatchObject({
      kind: 'TAKEN_OVER',
      instance: 'two',
      attempt: 1,
      detail: { from: 'one' },
    });
  });

  it('L8: leaves alone what is neither due nor orphaned, and what has ended', async () => {
    const [fresh, ended] = gtxsIn(world(), 2) as [string, string];
    await beginNew(world().open('one'), [fresh, ended]);
    await endAll(world().open('one'), [ended]);

    expect(await world().open('two').claim(claimBy('two'))).toEqual([]);
    await world().age(40_000);
    expect(gtxsOf(await world().open('two').claim(claimBy('two')))).toEqual([fresh]);
  });

  it('L8: takes what a dead instance drives at once, due or not', async () => {
    const [theirs, other] = gtxsIn(world(), 2) as [string, string];
    await beginDrivenBy('dead', [theirs]);
    await beginDrivenBy('alive', [other]);

    const taken = await world()
      .open('two')
      .claim(claimBy('two', { deadInstances: ['dead', 'unheard'] }));

    expect(gtxsOf(taken)).toEqual([theirs]);
  });

  it('L8: takes of its own what it does not drive, when it asks for it', async () => {
    const [known, unheard] = gtxsIn(world(), 2) as [string, string];
    await beginDrivenBy('one', [known, unheard]);

    const own = claimBy('one', { deadInstances: ['one'], driven: [known] });
    const taken = await world().open('one').claim(own);

    expect(gtxsOf(taken)).toEqual([unheard]);
    expect(taken).toMatchObject([{ driver: 'one', tx: { version: 2 } }]);
  });

  it('L8: a claim moves next_at, so that the next sweep passes it over', async () => {
    await beginNew(world().open('one'), [gtxIn(world())]);
    await world().age(40_000);
    await world().open('two').claim(claimBy('two'));

    expect(await world().open('three').claim(claimBy('three'))).toEqual([]);
    await world().age(31_000);
    expect(await world().open('three').claim(claimBy('three'))).toHaveLength(1);
  });

  it('L8: takes no more than the limit, the longest overdue first', async () => {
    const [late, later] = gtxsIn(world(), 2) as [string, string];
    await beginDrivenBy('one', [later], 10_000);
    await beginDrivenBy('one', [late], 5_000);
    await world().age(20_000);

    const claims = [1, 1, 1].map((limit) => claimBy('two', { limit }));
    const taken: string[][] = [];
    for (const options of claims) taken.push(gtxsOf(await world().open('two').claim(options)));

    expect(taken).toEqual([[late], [later], []]);
  });

  it('L8: concurrent claimers never take the same transaction', async () => {
    const gtxs = gtxsIn(world(), 200);
    await beginDrivenBy('dead', gtxs);
    const claimers = Array.from({ length: 6 }, (_, at) => `claimer-${at}`);
    const drain = async (id: string): Promise<string[]> => {
      const ledger = world().open(id);
      const taken: string[] = [];
      for (;;) {
        const batch = await ledger.claim(claimBy(id, { deadInstances: ['dead'], limit: 17 }));
        if (batch.length === 0) return taken;
        taken.push(...gtxsOf(batch));
      }
    };

    const taken = (await Promise.all(claimers.map(drain))).flat();

    expect(taken).toHaveLength(200);
    expect([...taken].sort()).toEqual(gtxs);
  });

  it('L8: a claim is one statement, however many it takes', async () => {
    await beginDrivenBy('dead', gtxsIn(world(), 50));
    world().statements();

    await world()
      .open('two')
      .claim(claimBy('two', { deadInstances: ['dead'] }));

    expect(world().statements()?.length ?? 1).toBe(1);
  });

  it('retire frees what the instance drives, due now, and its late writes are stale', async () => {
    const [mine, other] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('leaving');
    await ledger.heartbeat(beatOf('leaving'), DEAD_AFTER_MS);
    await beginDrivenBy('leaving', [mine]);
    await beginDrivenBy('one', [other]);

    await ledger.retire('leaving');

    expect(await loadOne(ledger, mine)).toMatchObject({ driver: null, tx: { version: 2 } });
    expect(await ledger.commitSteps([stepOf(mine, 1)])).toEqual([{ kind: 'stale' }]);
    expect(gtxsOf(await world().open('two').claim(claimBy('two')))).toEqual([mine]);
    expect((await instances(world().open('one'))).some((id) => id === 'leaving')).toBe(false);
    const kinds = (await world().admin.timeline(mine)).map(({ kind }) => kind);
    expect(kinds).toEqual(['BEGUN', 'RELEASED', 'TAKEN_OVER']);
  });

  const instances = async (ledger: Ledger): Promise<string[]> => {
    const { alive, dead } = await ledger.heartbeat(beatOf('one'), DEAD_AFTER_MS);
    return [...alive, ...dead].map(({ id }) => id).sort();
  };

  it('a heartbeat shows who is alive, itself included', async () => {
    await world().open('two').heartbeat(beatOf('two'), DEAD_AFTER_MS);

    const view = await world().open('one').heartbeat(beatOf('one'), DEAD_AFTER_MS);

    expect(view.alive.map(({ id }) => id)).toEqual(['one', 'two']);
    expect(view.alive[1]).toMatchObject(beatOf('two'));
    expect(view.dead).toEqual([]);
  });

  it('who is silent for longer than the limit by the ledger’s clock is dead, until it beats again', async () => {
    await world().open('two').heartbeat(beatOf('two'), DEAD_AFTER_MS);
    await world().age(DEAD_AFTER_MS + 500);

    const { dead } = await world().open('one').heartbeat(beatOf('one'), DEAD_AFTER_MS);
    expect(dead.map(({ id }) => id)).toEqual(['two']);
    expect(dead[0]?.silentMs).toBeGreaterThan(DEAD_AFTER_MS);

    await world().open('two').heartbeat(beatOf('two'), DEAD_AFTER_MS);
    const { alive } = await world().open('one').heartbeat(beatOf('one'), DEAD_AFTER_MS);
    expect(alive.map(({ id }) => id)).toEqual(['one', 'two']);
  });

  it('a heartbeat is one statement', async () => {
    world().statements();

    await world().open('one').heartbeat(beatOf('one'), DEAD_AFTER_MS);

    expect(world().statements()?.length ?? 1).toBe(1);
  });

  it('a silent instance is forgotten after an hour, but not while it drives something', async () => {
    const gtx = gtxIn(world());
    for (const id of ['idle', 'driving']) await world().open(id).heartbeat(beatOf(id), DEAD_AFTER_MS);
    await beginDrivenBy('driving', [gtx]);
    await world().age(3_700_000);

    expect(await instances(world().open('one'))).toEqual(['driving', 'one']);
    await world().open('one').claim(claimBy('one'));
    expect(await instances(world().open('one'))).toEqual(['one']);
  });
}
