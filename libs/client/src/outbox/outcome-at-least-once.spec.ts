import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeInitiator } from '#wire';
import type { ConcordatClient } from '../concordat-client.js';
import { settle } from '../manual-clock.fixture.js';
import { eachOutcome } from './each-outcome.js';
import { OutboxWorld, TOPICS } from './world.fixture.js';

let world: OutboxWorld;
beforeEach(async () => {
  world = await new OutboxWorld().open();
});
afterEach(() => world.close());

const COMMITTED = { type: 'OUTCOME', outcome: 'committed', reason: null } as const;

const listening = (shop?: ConcordatClient) => world.listening(shop);

describe('an outcome', () => {
  it('is told with what the initiator knows the transaction by', async () => {
    const { shop, heard } = listening();
    const gtx = await world.enqueue(shop, { businessKey: 'order-1' });

    await world.say(gtx, { type: 'ACCEPTED' });
    await world.say(gtx, { type: 'OUTCOME', outcome: 'aborted', reason: 'OUT_OF_STOCK' });

    expect(heard).toEqual([
      { gtx, outcome: 'aborted', reason: 'OUT_OF_STOCK', rejected: false, businessKey: 'order-1' },
    ]);
  });

  it('of a request that was refused is aborted, with the code', async () => {
    const { shop, heard } = listening();
    const gtx = await world.enqueue(shop);

    await world.say(gtx, { type: 'REJECTED', code: 'CONCORDAT_UNKNOWN_PARTICIPANT', detail: 'p' });

    expect(heard).toMatchObject([
      { gtx, outcome: 'aborted', reason: 'CONCORDAT_UNKNOWN_PARTICIPANT', rejected: true },
    ]);
  });

  it('may come before ACCEPTED, and twice', async () => {
    const { shop, heard } = listening();
    const gtx = await world.enqueue(shop);

    await world.say(gtx, COMMITTED);
    await world.say(gtx, { type: 'ACCEPTED' });
    await world.say(gtx, COMMITTED);
    await world.clock.advance(60_000);

    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
    expect(world.sends(gtx)).toBe(1);
  });

  it('is told once by two processes when neither dies', async () => {
    const one = listening();
    const two = listening();
    const gtxs: string[] = [];
    for (const { shop } of [one, two, one, two]) gtxs.push(await world.enqueue(shop));

    for (const gtx of gtxs) await world.say(gtx, COMMITTED);
    await world.clock.advance(60_000);

    expect([...one.heard, ...two.heard].map(({ gtx }) => gtx).sort()).toEqual([...gtxs].sort());
  });

  it('that came while nobody listened is told at the next start', async () => {
    const { shop } = listening();
    const gtx = await world.enqueue(shop);
    await shop.stop();
    await world.say(gtx, COMMITTED);

    const { heard } = listening();
    await settle();

    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
  });
});

describe('where nobody listens', () => {
  it('outcomes are kept for a process where somebody does', async () => {
    const deaf = world.process();
    deaf.start();
    const gtx = await world.enqueue(deaf);
    await world.say(gtx, COMMITTED);
    await world.clock.advance(60_000);

    const { heard } = listening();
    await settle();

    expect(heard).toMatchObject([{ gtx }]);
  });

  it('and nobody ever will, they count as told', async () => {
    const deaf = world.process({ outbox: { ignoreOutcomes: true } });
    deaf.start();
    const gtx = await world.enqueue(deaf);
    await world.say(gtx, COMMITTED);

    expect(await world.store().find(gtx)).toMatchObject({ deliveredAt: expect.any(String) });
  });
});

describe('a handler that fails', () => {
  it('hears the same outcome again, ever more seldom, until it takes it', async () => {
    const shop = world.process();
    const calls: number[] = [];
    shop.onOutcome(async () => {
      calls.push(world.clock.nowMs());
      if (calls.length < 5) throw new Error('database away');
    });
    shop.start();
    const gtx = await world.enqueue(shop);

    await world.say(gtx, COMMITTED);
    await world.clock.advance(10_000);

    expect(calls).toEqual([0, 100, 300, 700, 1_500]);
  });

  it('hears it also after its lease has passed', async () => {
    const shop = world.process({ outbox: { handlerLeaseMs: 1_000 } });
    let calls = 0;
    shop.onOutcome(async () => {
      calls += 1;
      throw new Error('never');
    });
    shop.start();
    await world.say(await world.enqueue(shop), COMMITTED);

    await world.clock.advance(5_000);
    const before = calls;
    await world.clock.advance(5_000);

    expect(calls).toBeGreaterThan(before);
  });

  it('for one outcome does not keep the others from being told', async () => {
    const shop = world.process();
    const told = new Set<string>();
    let poison = '';
    shop.onOutcome(async (outcomes) => {
      if (outcomes.some(({ gtx }) => gtx === poison)) throw new Error('poison');
      for (const { gtx } of outcomes) told.add(gtx);
    });
    const gtxs: string[] = [];
    for (let i = 0; i < 9; i += 1) gtxs.push(await world.enqueue(shop));
    poison = gtxs[4]!;
    for (const gtx of gtxs) await world.say(gtx, COMMITTED);

    shop.start();
    await settle();
    await world.clock.advance(10_000);

    expect([...told].sort()).toEqual(gtxs.filter((gtx) => gtx !== poison).sort());
  });

  it('of single outcomes hears again only those it did not take', async () => {
    const shop = world.process();
    const calls: string[] = [];
    const handler = eachOutcome((outcome) => {
      calls.push(outcome.gtx);
      if (outcome.gtx === failing && calls.length <= 3) throw new Error('once');
    }, world.log);
    shop.onOutcome(handler);
    const gtxs = [await world.enqueue(shop), await world.enqueue(shop), await world.enqueue(shop)];
    const failing = gtxs[1]!;
    for (const gtx of gtxs) await world.say(gtx, COMMITTED);

    shop.start();
    await world.clock.advance(5_000);

    expect(calls).toEqual([...gtxs, failing]);
  });

  it('holds up a stop only until its call has ended', async () => {
    const shop = world.process();
    let finish = (): void => undefined;
    shop.onOutcome(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    shop.start();
    const gtx = await world.enqueue(shop);
    await world.say(gtx, COMMITTED);

    let isStopped = false;
    const stopping = shop.stop().then(() => {
      isStopped = true;
    });
    await settle();
    expect(isStopped).toBe(false);
    finish();
    await stopping;

    expect(await world.store().find(gtx)).toMatchObject({ deliveredAt: expect.any(String) });
  });
});

describe("a record on the initiator's topic", () => {
  const publish = async (record: { key: string; value: Buffer; headers: Record<string, string> }) => {
    const bus = world.broker.connect('stranger');
    await bus.publish([{ topic: TOPICS.initiator('shop'), ...record }]);
    await settle();
    await bus.close();
  };
  const GTX = '019a0000-0000-7000-8000-00000000ffff';

  it.each([
    [
      'is no JSON',
      { key: GTX, value: Buffer.from('{'), headers: { v: '1', type: 'OUTCOME', initiator: 'shop' } },
    ],
    [
      'has an unknown type',
      { key: GTX, value: Buffer.from('{}'), headers: { v: '1', type: 'X', initiator: 'shop' } },
    ],
    ['is for another initiator', encodeInitiator({ type: 'ACCEPTED', gtx: GTX, initiator: 'other' })],
  ])('that %s becomes a dead letter, and those behind it are read', async (_, record) => {
    const { shop, heard } = listening();
    const gtx = await world.enqueue(shop);

    await publish({ ...record, headers: { ...record.headers } });
    await world.say(gtx, COMMITTED);

    const bus = world.broker.connect('operator');
    expect(heard).toMatchObject([{ gtx }]);
    expect(await bus.lag('nobody', TOPICS.deadLetters)).toBe(1);
    expect(await bus.lag(`${TOPICS.initiator('shop')}.outbox`, TOPICS.initiator('shop'))).toBe(0);
  });

  it('that only says the id is too old closes nothing: what it became of is not known', async () => {
    const { shop, heard } = listening();
    const gtx = await world.enqueue(shop);

    await world.say(gtx, { type: 'REJECTED', code: 'CONCORDAT_ID_TOO_OLD', detail: '' });

    expect(heard).toEqual([]);
    expect(await world.store().find(gtx)).toMatchObject({ state: 'pending' });
    expect(world.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('that speaks of a transaction nobody here began changes nothing', async () => {
    const { heard } = listening();

    await world.say(GTX, COMMITTED);

    expect(heard).toEqual([]);
  });
});
