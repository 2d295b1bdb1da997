import { afterEach, describe, expect, it } from '@jest/globals';
import { outcomeOf } from '#protocol';
import type { BeginRequestInput } from '#wire';
import { addSagaOnly, addTcc, addXa } from './operations.js';
import { World, submission } from './world.js';

const payload = (over: object = {}) => ({ key: 'k', amount: 5, ...over });
const request = (over: Partial<BeginRequestInput> = {}, last: object = {}): BeginRequestInput => ({
  branches: [
    { id: 'one', participant: 'xa', operation: 'add', payload: payload() },
    { id: 'two', participant: 'tcc', operation: 'add', payload: payload(last) },
  ],
  ...over,
});

describe('a transaction through engine, broker and participants', () => {
  let world: World;
  afterEach(() => world.close());

  async function run(input: BeginRequestInput) {
    world = new World();
    await world.participant('xa', [addXa]);
    await world.participant('tcc', [addTcc]);
    await world.participant('late', [addSagaOnly]);
    const engine = await world.engine('c1');
    await world.registered('xa', 'tcc', 'late');
    const { stored } = await engine.desk.submit(submission(input));
    const applied = await engine.awaitStage(stored, 'applied', 4_000);
    return { applied: applied!, tx: applied!.tx };
  }

  it('commits everywhere or nowhere: commit', async () => {
    const { tx, applied } = await run(request());

    expect(tx).toMatchObject({ state: 'COMMITTED', attempt: 1 });
    expect(applied.endedAt).not.toBeNull();
    expect([world.business('xa', 'k'), world.business('tcc', 'k')]).toEqual([5, 5]);
  });

  it('commits everywhere or nowhere: a business refusal, never a fallback', async () => {
    const { tx } = await run(request({ fallback: 'saga' }, { refuse: true }));

    expect(tx).toMatchObject({ state: 'ABORTED', attempt: 1 });
    expect(tx.attempts[0]?.reason).toBe('REFUSED_BY_TEST');
    expect([world.business('xa', 'k'), world.business('tcc', 'k')]).toEqual([undefined, undefined]);
  });

  it('ends again what its ledger lost: the end was told before it was durable', async () => {
    const { tx } = await run(request());

    world.ledgerStore.crash(Date.now());
    expect(await world.stored(tx.gtx)).toMatchObject({ endedAt: null, tx: { state: 'COMMITTING' } });

    const endedAgain = async (): Promise<boolean> => (await world.stored(tx.gtx))?.endedAt !== null;
    while (!(await endedAgain())) await new Promise((resolve) => setImmediate(resolve));
    expect((await world.stored(tx.gtx))?.tx.state).toBe('COMMITTED');
    expect([world.business('xa', 'k'), world.business('tcc', 'k')]).toEqual([5, 5]);
  });

  it('runs a saga forward', async () => {
    const { tx } = await run(request({ mode: 'saga' }));

    expect(tx.state).toBe('SAGA_COMPLETED');
    expect([world.business('xa', 'k'), world.business('tcc', 'k')]).toEqual([5, 5]);
  });

  it('undoes a saga whose second step refuses', async () => {
    const { tx } = await run(request({ mode: 'saga' }, { refuse: true }));

    expect(tx.state).toBe('SAGA_COMPENSATED');
    expect(outcomeOf(tx)).toBe('aborted');
    expect([world.business('xa', 'k'), world.business('tcc', 'k')]).toEqual([0, undefined]);
  });

  it('falls back under the same gtx when a participant cannot prepare', async () => {
    const branches = [
      ...request().branches,
      { id: 'three', participant: 'late', operation: 'add', payload: payload() },
    ];
    const { tx } = await run({ fallback: 'saga', branches });

    expect(tx).toMatchObject({ state: 'SAGA_COMPLETED', attempt: 2 });
    expect(tx.attempts.map(({ decision, mode }) => `${mode} ${decision}`)).toEqual([
      '2pc ABORT',
      'saga COMMIT',
    ]);
    expect(['xa', 'tcc', 'late'].map((name) => world.business(name, 'k'))).toEqual([5, 5, 5]);
    expect(await world.preparedGids('xa')).toEqual([]);
  });
});
