import { expect, it } from '@jest/globals';
import type { StepWrite } from '../port/ledger.js';
import {
  beginNew,
  decided,
  entryOf,
  gtxIn,
  gtxsIn,
  kindsOf,
  loadOne,
  resultOf,
  stepOf,
  type LedgerWorld,
} from './ledger-world.js';

/** D2, D2f, D3, D4. */
export function ledgerSteps(world: () => LedgerWorld): void {
  const one = async (): Promise<string> => {
    const gtx = gtxIn(world());
    await beginNew(world().open('one'), [gtx]);
    return gtx;
  };

  it('L1: the first decision fills the cell, with time, reason and instance', async () => {
    const gtx = await one();
    const step = stepOf(gtx, 1, { ...decided('ABORT', 1, 'REFUSED'), driver: 'two' });

    const [outcome] = await world().open('two').commitSteps([step]);

    const stored = await loadOne(world().open('one'), gtx);
    const at = outcome?.kind === 'applied' ? outcome.at : null;
    expect(stored.tx).toMatchObject({
      state: 'ABORTING',
      version: 2,
      attempts: [{ attempt: 1, decision: 'ABORT', reason: 'REFUSED', decidedAt: at, decidedBy: 'two' }],
    });
    expect(stored.driver).toBe('two');
    expect(stored.updatedAt).toBe(at);
  });

  it('L1: a filled cell takes no second decision, not even with the right version', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    await ledger.commitSteps([stepOf(gtx, 1, decided('COMMIT'))]);

    const again = await ledger.commitSteps([stepOf(gtx, 2, decided('ABORT'))]);

    expect(again).toEqual([{ kind: 'stale' }]);
    expect((await loadOne(ledger, gtx)).tx.attempts[0]?.decision).toBe('COMMIT');
  });

  it('L1: of two racing decisions exactly one is written', async () => {
    const gtxs = gtxsIn(world(), 20);
    await beginNew(world().open('one'), gtxs);
    const race = (instance: string, decision: 'COMMIT' | 'ABORT') =>
      world()
        .open(instance)
        .commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, { ...decided(decision), driver: instance })));

    const [commits, aborts] = await Promise.all([race('one', 'COMMIT'), race('two', 'ABORT')]);

    const stored = await world().open('three').load(gtxs);
    const byGtx = new Map(stored.map(({ tx }) => [tx.gtx, tx.attempts[0]?.decision]));
    gtxs.forEach((gtx, at) => {
      const applied = [
        commits[at]?.kind === 'applied' && 'COMMIT',
        aborts[at]?.kind === 'applied' && 'ABORT',
      ];
      expect(applied.filter(Boolean)).toEqual([byGtx.get(gtx)]);
    });
  });

  it('L4: only mere ends are written lazily, and none that shares its batch with anything else', async () => {
    const [ending, deciding, hazard] = gtxsIn(world(), 3);
    const ledger = world().open('one');
    await beginNew(ledger, [ending!, deciding!, hazard!]);
    await ledger.commitSteps([ending!, hazard!].map((gtx) => stepOf(gtx, 1, decided('COMMIT'))));
    const end = (gtx: string, change: Partial<StepWrite> = {}) =>
      stepOf(gtx, 2, { state: 'COMMITTED', ended: true, ...change });
    const sent = async (...steps: StepWrite[]) => {
      world().statements();
      const outcomes = await ledger.commitSteps(steps);
      return [...outcomes.map(({ kind }) => kind), ...(world().statements() ?? ['no statements'])];
    };

    const mixed = await sent(stepOf(deciding!, 1, decided('ABORT')), end(ending!, { heuristic: 'hazard' }));
    const lazy = await sent(end(hazard!));

    expect(['ledger_commit_steps', 'no statements']).toContain(mixed.at(-1));
    expect(['ledger_end_steps', 'no statements']).toContain(lazy.at(-1));
    expect([...mixed.slice(0, 2), lazy[0]]).toEqual(['applied', 'applied', 'applied']);
    expect((await loadOne(world().open('two'), hazard!)).endedAt).not.toBeNull();
  });

  it('L2: a stale writer changes nothing and is told so', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    await ledger.commitSteps([stepOf(gtx, 1, { tries: 3 })]);

    const outcomes = await ledger.commitSteps([
      stepOf(gtx, 1, { ...decided('ABORT'), driver: 'zombie', tries: 9 }),
    ]);

    expect(outcomes).toEqual([{ kind: 'stale' }]);
    expect(await loadOne(ledger, gtx)).toMatchObject({ driver: 'one', tries: 3, tx: { version: 2 } });
    expect(await world().admin.timeline(gtx)).toHaveLength(1);
  });

  it('L2: a decision for another attempt than the current one is stale', async () => {
    const gtx = await one();

    const outcomes = await world()
      .open('one')
      .commitSteps([stepOf(gtx, 1, decided('COMMIT', 2))]);

    expect(outcomes).toEqual([{ kind: 'stale' }]);
  });

  it('L3: stale and unknown items do not hold up the others of their batch', async () => {
    const [stale, good, other] = gtxsIn(world(), 3) as [string, string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [stale, good, other]);

    const outcomes = await ledger.commitSteps([
      stepOf(other, 1, { tries: 1 }),
      stepOf(stale, 7, decided('COMMIT')),
      stepOf(gtxIn(world()), 1),
      stepOf('no-gtx', 1),
      stepOf(good, 1, decided('COMMIT')),
    ]);

    expect(kindsOf(outcomes)).toEqual(['applied', 'stale', 'stale', 'stale', 'applied']);
    expect((await loadOne(ledger, stale)).tx.version).toBe(1);
  });

  it('L3: a second write of the same transaction in one batch is stale', async () => {
    const gtx = await one();

    const outcomes = await world()
      .open('one')
      .commitSteps([stepOf(gtx, 1, decided('COMMIT')), stepOf(gtx, 2, { state: 'COMMITTED', ended: true })]);

    expect(kindsOf(outcomes)).toEqual(['applied', 'stale']);
  });

  it('L3: a batch of any size is one statement', async () => {
    const gtxs = gtxsIn(world(), 500);
    const ledger = world().open('one');
    await beginNew(ledger, gtxs);
    world().statements();

    const outcomes = await ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT'))));

    expect(new Set(kindsOf(outcomes))).toEqual(new Set(['applied']));
    expect(world().statements()?.length ?? 1).toBe(1);
    expect(await ledger.load(gtxs)).toHaveLength(500);
    expect(world().statements()?.length ?? 1).toBe(1);
  });

  it('D2f: the abort of attempt 1 and the start of attempt 2 are one write', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    const fallback = {
      ...decided('ABORT', 1, 'LOCK_TIMEOUT'),
      state: 'SAGA_RUNNING',
      deadlineInMs: 900_000,
    } as const;

    const [outcome] = await ledger.commitSteps([
      stepOf(gtx, 1, { ...fallback, startAttempt: { attempt: 2, mode: 'saga' } }),
    ]);

    const stored = await loadOne(ledger, gtx);
    expect(outcome?.kind).toBe('applied');
    expect(stored.tx).toMatchObject({
      attempt: 2,
      state: 'SAGA_RUNNING',
      attempts: [
        { attempt: 1, mode: '2pc', decision: 'ABORT', reason: 'LOCK_TIMEOUT' },
        { attempt: 2, mode: 'saga', decision: null, reason: null, decidedAt: null, decidedBy: null },
      ],
    });
    expect(stored.deadlineLeftMs).toBeGreaterThan(800_000);
  });

  it('D2f: the cell of attempt 2 is filled once, that of attempt 1 stays', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    const startAttempt = { attempt: 2, mode: 'saga' } as const;
    await ledger.commitSteps([stepOf(gtx, 1, { ...decided('ABORT'), state: 'SAGA_RUNNING', startAttempt })]);

    const first = await ledger.commitSteps([stepOf(gtx, 2, decided('COMMIT', 1))]);
    const second = await ledger.commitSteps([
      stepOf(gtx, 2, { ...decided('COMMIT', 2), state: 'SAGA_COMPLETED', ended: true }),
    ]);
    const third = await ledger.commitSteps([stepOf(gtx, 3, decided('ABORT', 2))]);

    expect(kindsOf([...first, ...second, ...third])).toEqual(['stale', 'applied', 'stale']);
    const { attempts } = (await loadOne(ledger, gtx)).tx;
    expect(attempts.map(({ decision }) => decision)).toEqual(['ABORT', 'COMMIT']);
  });

  it('D2f: attempt 2 cannot start on a transaction that has it already', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    const startAttempt = { attempt: 2, mode: 'saga' } as const;
    await ledger.commitSteps([stepOf(gtx, 1, { ...decided('ABORT'), startAttempt })]);

    expect(await ledger.commitSteps([stepOf(gtx, 2, { startAttempt })])).toEqual([{ kind: 'stale' }]);
  });

  it('stores results, heuristic, demand, tries and deadline as given, and keeps the deadline where none is', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    const before = await loadOne(ledger, gtx);
    const results = [
      { ...resultOf('stock', 'FAILED'), output: { a: '\u0000' }, error: { code: 'NO', message: 'x"y' } },
    ];
    const demand = { reason: 'OUT_OF_STOCK', by: 'step' } as const;

    await ledger.commitSteps([stepOf(gtx, 1, { results, demand, heuristic: 'hazard', tries: 4 })]);

    const stored = await loadOne(ledger, gtx);
    expect(stored).toMatchObject({ tries: 4, deadline: before.deadline, endedAt: null });
    expect(stored.tx).toMatchObject({ results, demand, heuristic: 'hazard' });
  });

  it('an end is final: a later step keeps the time it ended', async () => {
    const gtx = await one();
    const ledger = world().open('one');
    const [outcome] = await ledger.commitSteps([
      stepOf(gtx, 1, { ...decided('COMMIT'), state: 'COMMITTED', ended: true }),
    ]);
    await world().age(60_000);
    const { endedAt } = await loadOne(ledger, gtx);

    await ledger.commitSteps([stepOf(gtx, 2, { state: 'QUARANTINED', heuristic: 'mixed' })]);
    await ledger.commitSteps([stepOf(gtx, 3, { state: 'COMMITTED', heuristic: 'mixed', ended: true })]);

    expect(outcome?.kind).toBe('applied');
    expect(await loadOne(ledger, gtx)).toMatchObject({ endedAt, tx: { state: 'COMMITTED', version: 4 } });
  });

  it('L6: the timeline follows the order of the writes, also from several instances', async () => {
    const gtx = await one();
    for (const [at, instance] of ['one', 'two', 'three'].entries()) {
      const timeline = [entryOf(`STEP-${at}`, null, instance)];
      await world()
        .open(instance)
        .commitSteps([stepOf(gtx, at + 1, { driver: instance, timeline })]);
    }

    const told = await world().admin.timeline(gtx);

    expect(told.map(({ kind }) => kind)).toEqual(['BEGUN', 'STEP-0', 'STEP-1', 'STEP-2']);
    expect(told.map(({ instance }) => instance)).toEqual(['one', 'one', 'two', 'three']);
  });

  it('a decision with a reason of 100 kB and a NUL is stored, and fails no neighbour', async () => {
    const [wordy, plain] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [wordy, plain]);

    const outcomes = await ledger.commitSteps([
      stepOf(wordy, 1, decided('ABORT', 1, `\u0000${'x'.repeat(100_000)}`)),
      stepOf(plain, 1, decided('COMMIT')),
    ]);

    expect(kindsOf(outcomes)).toEqual(['applied', 'applied']);
    expect((await loadOne(ledger, wordy)).tx.attempts[0]?.reason).toHaveLength(100_001);
  });

  it('an empty batch is no statement', async () => {
    world().statements();

    expect(await world().open('one').commitSteps([])).toEqual([]);
    expect(world().statements() ?? []).toEqual([]);
  });

  it('load leaves out what is unknown or no gtx at all', async () => {
    const gtx = await one();

    const stored = await world()
      .open('one')
      .load([gtxIn(world()), 'nonsense', gtx, gtx, gtx.toUpperCase()]);

    expect(stored.map(({ tx }) => tx.gtx)).toEqual([gtx]);
  });
}
