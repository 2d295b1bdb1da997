/** C5: whose an end is, while it is told. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OutboxWorld } from './world.fixture.js';

let world: OutboxWorld;
beforeEach(async () => {
  world = await new OutboxWorld().open();
});
afterEach(() => world.close());

const COMMITTED = { type: 'OUTCOME', outcome: 'committed', reason: null } as const;
const forEver = (): Promise<void> => new Promise(() => undefined);

describe('a claimed outcome', () => {
  it('is soon told by another process when the one that had it died while telling', async () => {
    const dying = world.process({ dies: true });
    dying.onOutcome(forEver);
    dying.start();
    const gtx = await world.enqueue(dying);
    await world.say(gtx, COMMITTED);

    world.kill();
    const { heard } = world.listening();
    await world.clock.advance(6_000);

    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
  });

  it('stays with a process whose handler takes long, and is told by another when it takes too long', async () => {
    const slow = world.process({ dies: true });
    slow.onOutcome(forEver);
    slow.start();
    const gtx = await world.enqueue(slow);
    await world.say(gtx, COMMITTED);

    const { heard } = world.listening();
    await world.clock.advance(29_000);
    const meanwhile = [...heard];
    await world.clock.advance(7_000);

    expect(meanwhile).toEqual([]);
    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
  });

  it('is soon told although the answer to its claim was lost', async () => {
    const store = world.store();
    const claim = store.claimEnded.bind(store);
    const lost: string[] = [];
    store.claimEnded = async (options) => {
      const claimed = await claim(options);
      if (lost.length > 0) return claimed;
      lost.push(...claimed.map(({ gtx }) => gtx));
      if (claimed.length > 0) throw new Error('the answer was lost');
      return claimed;
    };
    const { shop, heard } = world.listening(world.process({ store }));
    const gtx = await world.enqueue(shop);
    await world.say(gtx, COMMITTED);
    await world.clock.advance(6_000);

    expect(lost).toEqual([gtx]);
    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
  });

  it('that was told, and could not be marked so, is soon told again', async () => {
    const store = world.store();
    const mark = store.delivered.bind(store);
    let tries = 0;
    store.delivered = async (gtxs) => {
      tries += 1;
      if (tries === 1) throw new Error('database away');
      await mark(gtxs);
    };
    const { shop, heard } = world.listening(world.process({ store }));
    const gtx = await world.enqueue(shop);
    await world.say(gtx, COMMITTED);
    await world.clock.advance(6_000);

    expect(heard).toMatchObject([{ gtx }, { gtx }]);
    expect(await world.store().find(gtx)).toMatchObject({ deliveredAt: expect.any(String) });
  });

  it('stays with its process also when one renewal of the claim fails', async () => {
    const store = world.store();
    const renew = store.renewEnded.bind(store);
    let tries = 0;
    store.renewEnded = async (...args) => {
      tries += 1;
      if (tries === 1) throw new Error('database away');
      await renew(...args);
    };
    const slow = world.process({ dies: true, store });
    slow.onOutcome(forEver);
    slow.start();
    await world.say(await world.enqueue(slow), COMMITTED);

    const { heard } = world.listening();
    await world.clock.advance(8_000);

    expect(heard).toEqual([]);
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(tries).toBeGreaterThan(2);
  });

  it('that waits to be told again is told although another one could not be marked', async () => {
    const store = world.store();
    const mark = store.delivered.bind(store);
    let marks = 0;
    store.delivered = async (gtxs) => {
      marks += 1;
      if (marks === 1) throw new Error('database away');
      await mark(gtxs);
    };
    const shop = world.process({ store });
    const told: string[][] = [];
    shop.onOutcome(async (outcomes) => {
      told.push(outcomes.map(({ gtx }) => gtx));
      if (told.length === 1) throw new Error('not now');
    });
    const gtxs = [await world.enqueue(shop), await world.enqueue(shop)];
    for (const gtx of gtxs) await world.say(gtx, COMMITTED);
    shop.start();
    await world.clock.advance(1_000);

    const [one = '', two = ''] = gtxs;
    expect(told).toEqual([[one, two], [one], [two]]);
  });

  it('that its own process claims anew, since no renewal came through, is told once', async () => {
    const store = world.store();
    store.renewEnded = async () => {
      throw new Error('database away');
    };
    const shop = world.process({ store });
    const told: number[] = [];
    shop.onOutcome(async () => {
      if (world.clock.nowMs() < 4_000) throw new Error('not now');
      told.push(world.clock.nowMs());
    });
    shop.start();
    await world.say(await world.enqueue(shop), COMMITTED);
    await world.clock.advance(30_000);

    expect(told).toHaveLength(1);
  });

  it('is told soon though others, which fail slowly, are due again and again', async () => {
    const shop = world.process({ dies: true });
    const told: string[] = [];
    const bad = new Set<string>();
    shop.onOutcome(async (outcomes) => {
      if (!outcomes.some(({ gtx }) => bad.has(gtx))) return void told.push(...outcomes.map(({ gtx }) => gtx));
      await new Promise<void>((resolve) => world.clock.after(2_000, resolve));
      throw new Error('not now');
    });
    for (let i = 0; i < 8; i += 1) bad.add(await world.enqueue(shop));
    for (const gtx of bad) await world.say(gtx, COMMITTED);
    shop.start();
    await world.clock.advance(5_000);
    const gtx = await world.enqueue(shop);
    await world.say(gtx, COMMITTED);
    await world.clock.advance(22_000);

    expect(told).toEqual([gtx]);
  });
});
