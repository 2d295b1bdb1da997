/** The outbox of an initiator over real PostgreSQL; the test plays the coordinator (protocol.md §6, fault points O1 and O2). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConcordatClient, TransactionOutcome } from '#client';
import { until } from '../example-services/services-world.js';
import { ACCEPTED, COMMITTED, OutboxWorld, REQUEST } from './outbox-world.js';

/** A slow machine is no loss: nothing is sent again where a test counts what was sent. */
const PATIENT = { resendMs: 60_000, resendCapMs: 60_000 };

let world: OutboxWorld;
beforeAll(async () => {
  world = await OutboxWorld.open();
});
afterEach(() => world.reset());
afterAll(() => world?.close());

const begun = (wanted: number) =>
  until(
    async () => world.begun,
    (gtxs) => gtxs.length >= wanted,
  );
const inState = (state: string, count: number) =>
  until(
    () => world.states(),
    (states) => states[state] === count,
  );

function listening(client: ConcordatClient): TransactionOutcome[] {
  const heard: TransactionOutcome[] = [];
  client.onOutcome(async (outcomes) => void heard.push(...outcomes));
  client.start();
  return heard;
}

describe('a request', () => {
  it('is submitted if and only if its local transaction commits', async () => {
    world.answering = () => [ACCEPTED];
    const shop = world.process({ outbox: PATIENT });
    shop.start();

    const placed = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => ({
        gtx: await world.place(shop, { rollback: i % 2 === 0 }),
        kept: i % 2 === 1,
      })),
    );
    await inState('accepted', 20);

    const kept = placed.filter((one) => one.kept).map(({ gtx }) => gtx);
    expect([...world.begun].sort()).toEqual(kept.sort());
    const { rows } = await world.pool.query('SELECT gtx FROM business');
    expect(rows.map(({ gtx }) => gtx).sort()).toEqual(kept);
  });

  it('takes part in a TypeORM transaction, and is refused outside of one', async () => {
    const shop = world.process();
    shop.start();

    const gtx = await world.source.transaction((manager) => shop.outbox.enqueue(manager, REQUEST));
    const failing = world.source.transaction(async (manager) => {
      await shop.outbox.enqueue(manager, REQUEST);
      throw new Error('business says no');
    });

    await expect(failing).rejects.toThrow('business says no');
    await expect(shop.outbox.enqueue(world.source.manager, REQUEST)).rejects.toThrow(/transaction/);
    await expect(shop.outbox.enqueue(world.pool, REQUEST)).rejects.toThrow();
    await begun(1);
    expect(new Set(world.begun)).toEqual(new Set([gtx]));
  });

  it('that nobody relays is found by a process that did not write it', async () => {
    const gtx = await world.place(world.process());

    world.process().start();
    await begun(1);

    expect(world.begun[0]).toBe(gtx);
  });

  it('is not sent again by the broker having taken it, only ended by an answer', async () => {
    world.answering = (_gtx, nth) => (nth < 3 ? [] : [ACCEPTED]);
    const shop = world.process({ outbox: { resendMs: 20, pollMs: 20 } });
    shop.start();

    const gtx = await world.place(shop);
    await inState('accepted', 1);

    expect(world.begun).toEqual([gtx, gtx, gtx]);
  });
});

describe('two relays over one outbox', () => {
  it('send each request once and tell each outcome once', async () => {
    world.answering = () => [ACCEPTED, COMMITTED];
    const shops = [world.process({ outbox: PATIENT }), world.process({ outbox: PATIENT })];
    const heard = shops.map(listening);

    const gtxs = await Promise.all(Array.from({ length: 60 }, (_, i) => world.place(shops[i % 2]!)));
    await inState('done', 60);
    await until(
      async () => heard.flat(),
      (all) => all.length >= 60,
    );

    expect([...world.begun].sort()).toEqual([...gtxs].sort());
    expect(
      heard
        .flat()
        .map(({ gtx }) => gtx)
        .sort(),
    ).toEqual([...gtxs].sort());
  });

  it('keep the order of a key: a request goes only after the answer to the one before', async () => {
    const open = new Set<string>();
    const overlaps: string[] = [];
    const keyOf = new Map<string, string>();
    world.answering = (gtx) => {
      const key = keyOf.get(gtx)!;
      if (open.has(key)) overlaps.push(gtx);
      open.add(key);
      setImmediate(() => {
        open.delete(key);
        void world.say(gtx, ACCEPTED);
      });
      return [];
    };
    const shops = [world.process({ outbox: PATIENT }), world.process({ outbox: PATIENT })];
    const placed: string[] = [];
    for (let i = 0; i < 24; i += 1) {
      const gtx = await world.place(shops[i % 2]!, { key: `key-${i % 3}` });
      keyOf.set(gtx, `key-${i % 3}`);
      placed.push(gtx);
    }

    for (const shop of shops) shop.start();
    await inState('accepted', 24);

    expect(overlaps).toEqual([]);
    for (const key of ['key-0', 'key-1', 'key-2']) {
      const ofKey = (gtxs: readonly string[]) => gtxs.filter((gtx) => keyOf.get(gtx) === key);
      expect(ofKey(world.begun)).toEqual(ofKey(placed));
    }
  });
});

describe('a process that dies', () => {
  it('between commit and send (O1) loses nothing: another one sends', async () => {
    const dead = world.stuckAt('O1');
    const dying = world.process({ faults: dead.faults });
    dying.start();
    const gtx = await world.place(dying);
    await dead.reached;
    expect(world.begun).toEqual([]);

    world.process().start();
    await begun(1);

    expect(world.begun[0]).toBe(gtx);
  });

  it('after the send, before ACCEPTED (O2), loses nothing: another one sends again and hears the answer', async () => {
    const dead = world.stuckAt('O2');
    const dying = world.process({ faults: dead.faults });
    dying.start();
    const gtx = await world.place(dying);
    await dead.reached;
    await begun(1);

    world.answering = () => [ACCEPTED, COMMITTED];
    const heard = listening(world.process());
    await until(
      async () => heard,
      (all) => all.length > 0,
    );

    expect(heard).toEqual([
      { gtx, outcome: 'committed', reason: null, rejected: false, businessKey: 'order-1' },
    ]);
    expect(new Set(world.begun)).toEqual(new Set([gtx]));
  });

  it('while its handler runs loses nothing: the outcome is told again', async () => {
    world.answering = () => [ACCEPTED, COMMITTED];
    const outbox = { handlerLeaseMs: 300, pollMs: 20 };
    const dying = world.process({ outbox });
    dying.onOutcome(world.hang());
    dying.start();
    const gtx = await world.place(dying);
    await inState('done', 1);

    const heard = listening(world.process({ outbox }));
    await until(
      async () => heard,
      (all) => all.length > 0,
    );

    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
  });
});

describe('an outcome', () => {
  it('that the broker lost is asked for again', async () => {
    world.answering = (_gtx, nth) => (nth < 3 ? [ACCEPTED] : [ACCEPTED, COMMITTED]);
    const shop = world.process({ outbox: { ...PATIENT, askAgainMs: 20, pollMs: 20 } });
    const heard = listening(shop);

    const gtx = await world.place(shop);
    await until(
      async () => heard,
      (all) => all.length > 0,
    );

    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
    expect(world.begun).toEqual([gtx, gtx, gtx]);
  });

  it('of a refused request is aborted with the code, and the request is not sent again', async () => {
    world.answering = () => [{ type: 'REJECTED', code: 'CONCORDAT_UNKNOWN_PARTICIPANT', detail: 'p' }];
    const shop = world.process({ outbox: { resendMs: 20, pollMs: 20 } });
    const heard = listening(shop);

    const gtx = await world.place(shop);
    await until(
      async () => heard,
      (all) => all.length > 0,
    );

    expect(heard).toMatchObject([
      { gtx, outcome: 'aborted', reason: 'CONCORDAT_UNKNOWN_PARTICIPANT', rejected: true },
    ]);
    expect(await world.states()).toEqual({ rejected: 1 });
  });

  it('is told until the handler takes it', async () => {
    world.answering = () => [ACCEPTED, COMMITTED];
    const shop = world.process();
    let calls = 0;
    shop.onOutcome(async () => {
      calls += 1;
      if (calls < 4) throw new Error('not now');
    });
    shop.start();

    const gtx = await world.place(shop);
    const delivered = 'SELECT 1 FROM concordat.outbox WHERE gtx = $1 AND delivered_at IS NOT NULL';
    await until(
      async () => (await world.pool.query(delivered, [gtx])).rows,
      (rows) => rows.length === 1,
    );

    expect(calls).toBe(4);
  });
});

describe('a client', () => {
  it('submits over Kafka, and is told when it is accepted, decided, or refused', async () => {
    const shop = world.process();
    world.answering = (_gtx, nth) => (nth === 1 ? [] : [ACCEPTED]);
    expect(await shop.transactions.begin(REQUEST, { via: 'kafka' })).toMatchObject({ outcome: null });

    world.answering = () => [ACCEPTED, { type: 'OUTCOME', outcome: 'aborted', reason: 'OUT_OF_STOCK' }];
    expect(await shop.transactions.begin(REQUEST, { via: 'kafka', wait: 'decided' })).toMatchObject({
      outcome: 'aborted',
      reason: 'OUT_OF_STOCK',
    });

    world.answering = () => [{ type: 'REJECTED', code: 'CONCORDAT_CYCLE', detail: 'a waits for itself' }];
    await expect(shop.transactions.begin(REQUEST, { via: 'kafka' })).rejects.toMatchObject({
      name: 'ConcordatError',
      code: 'CONCORDAT_CYCLE',
      retriable: false,
    });
  });

  it('that hears nothing in time says so, with the id to ask for again', async () => {
    const shop = world.process();

    const begin = shop.transactions.begin(REQUEST, { via: 'kafka', waitMs: 50 });

    await expect(begin).rejects.toMatchObject({
      code: 'CONCORDAT_NOT_IN_TIME',
      retriable: true,
      gtx: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});
