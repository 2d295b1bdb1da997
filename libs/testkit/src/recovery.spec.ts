import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { systemRandom } from '#observability';
import { outcomeOf } from '#protocol';
import type { OperationDefinition } from '#participant';
import { LedgerError } from '#persistence';
import type { LedgerGate } from '#persistence';
import { NEVER } from './life.js';
import { addTcc, addXa } from './operations.js';
import { World, submission } from './world.js';
import type { WorldOptions } from './world.js';

const QUICK = { heartbeatMs: 20, deadAfterMs: 100, scanIntervalMs: 20 };
const branch = (id: string, participant: string) => ({
  id,
  participant,
  operation: 'add',
  payload: { key: 'k', amount: 5 },
});
const REQUEST = { branches: [branch('one', 'xa'), branch('two', 'tcc')] };

let world: World;
afterEach(() => world.close());

async function start(options: WorldOptions = {}, xa: OperationDefinition = addXa) {
  world = new World({ engine: QUICK, ...options });
  await world.participant('xa', [xa]);
  await world.participant('tcc', [addTcc]);
  const engine = await world.engine('c1');
  await world.registered('xa', 'tcc');
  return engine;
}

async function ended(gtx: string) {
  const asked = world;
  for (;;) {
    const stored = await world.stored(gtx);
    if (stored?.endedAt) return stored;
    if (world !== asked) throw new Error(`${gtx} did not end in its test`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const business = () => [world.business('xa', 'k'), world.business('tcc', 'k')];

describe.each(['coordinator', 'watchdog'] as const)(
  'a %s takes over what a dead coordinator left',
  (role) => {
    it('undecided: votes are asked again and it commits', async () => {
      const held = gateOf('commitSteps');
      const engine = await start({ gate: held.gate });
      const { stored } = await engine.desk.submit(submission(REQUEST));
      await held.reached;

      world.crash('c1');
      held.open();
      await world.engine('heir', role);

      expect((await ended(stored.tx.gtx)).tx).toMatchObject({
        state: 'COMMITTED',
        attempts: [{ decision: 'COMMIT' }],
      });
      expect(business()).toEqual([5, 5]);
    });
  },
);

describe('a claim whose answer is lost', () => {
  it('has happened: what it took is driven on, and not only when it is neglected', async () => {
    let lost = false;
    const gate: LedgerGate = async (verb, run) => {
      const result = run();
      // Accepted, and dead before anything was sent: nobody will answer anything.
      if (verb === 'begin') return (world.crash('c1'), NEVER);
      if (verb !== 'claim' || lost || (result as readonly unknown[]).length === 0) return result;
      lost = true;
      throw new LedgerError('UNAVAILABLE', 'the answer is lost', true);
    };
    const engine = await start({ gate });
    await world.engine('heir');
    const id = systemRandom.uuidv7();

    void engine.desk.submit(submission({ ...REQUEST, id }));

    expect((await ended(id)).tx.state).toBe('COMMITTED');
    expect(lost).toBe(true);
  });
});

describe('a coordinator that comes back under its name', () => {
  it('ends all it left, also when that is more than one claim takes', async () => {
    let cut = false;
    const gate: LedgerGate = async (verb, run) => (cut && verb === 'commitSteps' ? NEVER : run());
    const engine = await start({ engine: { ...QUICK, recoveryWindow: 2 }, gate });
    cut = true;
    const left = await Promise.all(Array.from({ length: 9 }, () => engine.desk.submit(submission(REQUEST))));

    world.crash('c1');
    cut = false;
    await world.engine('c1');

    for (const { stored } of left)
      expect((await ended(stored.tx.gtx)).tx.state).toMatch(/^COMMITTED$|^ABORTED$/);
  });
});

describe('a decision write whose answer is lost is neither commit nor abort', () => {
  it('is read again, and the transaction ends as the cell says', async () => {
    let lost = 0;
    const gate: LedgerGate = async (verb, run) => {
      const result = run();
      if (verb === 'commitSteps' && lost++ === 0)
        throw new LedgerError('UNAVAILABLE', 'connection lost', true);
      return result;
    };
    const engine = await start({ gate });

    const { stored } = await engine.desk.submit(submission(REQUEST));

    const { tx } = await ended(stored.tx.gtx);
    expect(lost).toBeGreaterThan(1);
    expect(tx).toMatchObject({ state: 'COMMITTED', heuristic: 'none' });
    expect(business()).toEqual([5, 5]);
  });

  it('an accepted request whose D1 answer is lost is driven all the same', async () => {
    let lost = 0;
    const gate: LedgerGate = async (verb, run) => {
      const result = run();
      if (verb === 'begin' && lost++ === 0) throw new LedgerError('UNAVAILABLE', 'connection lost', true);
      return result;
    };
    const engine = await start({ gate });
    const id = (await import('#observability')).systemRandom.uuidv7();

    await expect(engine.desk.submit(submission({ ...REQUEST, id }))).rejects.toThrow('connection lost');

    expect(outcomeOf((await ended(id)).tx)).toBe('committed');
    expect(business()).toEqual([5, 5]);
  });
});

describe('a stale driver changes nothing', () => {
  it('when it wakes after its transaction was ended elsewhere', async () => {
    const held = gateOf('commitSteps');
    const engine = await start({ gate: held.gate });
    const { stored } = await engine.desk.submit(submission(REQUEST));
    await held.reached;
    // Paused in the middle of its decision write: it does not beat, and its write comes late.
    const heir = await world.engine('c2');
    await heir.scan();
    await world.stored(stored.tx.gtx);
    held.open();

    const { tx } = await ended(stored.tx.gtx);
    expect(tx.state).toBe('COMMITTED');
    expect(business()).toEqual([5, 5]);
  });
});

/** Holds the first call of a verb until it is opened. */
function gateOf(held: string) {
  let open!: () => void;
  let reach!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  let calls = 0;
  const gate: LedgerGate = async (verb, run) => {
    if (verb === held && calls++ === 0) {
      reach();
      await opened;
    }
    return run();
  };
  return { gate, reached, open };
}

describe('an acknowledgement that reached another instance than the driver', () => {
  const ack = (branch: string, participant: string) =>
    ({ type: 'ack', attempt: 1, branch, participant, state: 'ABORTED', output: null }) as const;

  /** Driven by c1, which has the one acknowledgement in memory; known to w1 since it was undecided. */
  async function halfAcknowledged() {
    world = new World({ engine: QUICK });
    const participants = [await world.participant('xa', [addXa]), await world.participant('tcc', [addTcc])];
    const driver = await world.engine('c1');
    await world.registered('xa', 'tcc');
    await Promise.all(participants.map((participant) => participant.stop()));
    const other = await world.engine('w1', 'watchdog');
    const { gtx } = (await driver.desk.submit(submission(REQUEST))).stored.tx;
    await other.submit(gtx, { type: 'look' });
    await driver.submit(gtx, { type: 'force-abort', by: 'ann', reason: 'x' });
    await driver.submit(gtx, ack('two', 'tcc'));
    return { gtx, driver, other };
  }

  it('is not refused, however old the copy there, and not left in its memory', async () => {
    const { gtx, other } = await halfAcknowledged();

    expect(await other.submit(gtx, ack('one', 'xa'))).toMatchObject({ kind: 'ok', changed: true });

    const stored = await world.stored(gtx);
    expect(stored?.tx.results).toContainEqual(expect.objectContaining({ branch: 'one', state: 'ABORTED' }));
  });

  it('ends the transaction, whoever drives', async () => {
    const { gtx, other } = await halfAcknowledged();

    await other.submit(gtx, ack('one', 'xa'));

    expect((await ended(gtx)).tx.state).toBe('ABORTED');
  });
});

describe('late messages about an ended transaction', () => {
  it('several in one batch stop nothing: the next transaction commits', async () => {
    const engine = await start();
    const { stored } = await engine.desk.submit(submission(REQUEST));
    await ended(stored.tx.gtx);

    await world.publishReplies(
      ...['one', 'two', 'one'].map((branch) => ({
        type: 'ACK' as const,
        gtx: stored.tx.gtx,
        attempt: 1,
        branch,
        participant: branch === 'one' ? 'xa' : 'tcc',
        state: 'COMMITTED' as const,
        output: null,
      })),
    );

    const next = await engine.desk.submit(submission(REQUEST));
    expect(outcomeOf((await ended(next.stored.tx.gtx)).tx)).toBe('committed');
    await world.repliesRead();
  });
});

describe('recovery hold', () => {
  it('writes no ABORT, also of what is overdue, until it is released', async () => {
    const engine = await start({}, neverAnswers);
    const { stored } = await engine.desk.submit(submission({ ...REQUEST, timeoutMs: 60_000 }));
    await world.admin.setHold(true);
    await engine.scan();

    const { gtx } = stored.tx;
    await engine.submit(gtx, { type: 'deadline', attempt: 1 });
    expect((await world.stored(gtx))?.tx.state).toBe('PREPARING');
    expect(await engine.submit(gtx, { type: 'force-abort', by: 'ann', reason: 'x' })).toMatchObject({
      kind: 'refused',
      code: 'HELD',
    });

    await world.admin.setHold(false);
    await engine.scan();
    await engine.submit(gtx, { type: 'deadline', attempt: 1 });
    expect((await world.stored(gtx))?.tx.attempts[0]?.decision).toBe('ABORT');
  });
});

/** A participant whose handler waits for ever. */
const neverAnswers: OperationDefinition = {
  name: 'add',
  tcc: {
    schema: z.any(),
    try: { one: () => new Promise<never>(() => undefined) },
    confirm: { one: async () => undefined },
    cancel: { one: async () => undefined },
  },
};
