import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settle } from '../manual-clock.fixture.js';
import { diesAt, OutboxWorld } from './world.fixture.js';

/** 10 s + 20 %, and a look every half second. */
const ASKED_AGAIN_MS = 12_500;

let world: OutboxWorld;
beforeEach(async () => {
  world = await new OutboxWorld().open();
});
afterEach(() => world.close());

describe('a request in the outbox', () => {
  it('is submitted as soon as its local transaction commits', async () => {
    const shop = world.process();
    shop.start();

    const gtx = await world.enqueue(shop, { businessKey: 'order-1' });

    expect(world.sent).toEqual([{ gtx, atMs: 0, businessKey: 'order-1' }]);
  });

  it('is never submitted when its local transaction rolls back', async () => {
    const shop = world.process();
    shop.start();

    await world.enqueue(shop, { rollback: true });
    await world.clock.advance(60_000);

    expect(world.sent).toEqual([]);
  });

  it('is refused, and the local transaction with it, when no coordinator could accept it', async () => {
    const shop = world.process();

    const twice = { branches: ['a', 'a'].map((id) => ({ id, participant: 'p', operation: 'o' })) };
    const huge = {
      branches: [{ id: 'a', participant: 'p', operation: 'o', payload: 'x'.repeat(2_000_000) }],
    };

    for (const request of [twice, huge]) {
      await expect(shop.outbox.enqueue(null, request)).rejects.toMatchObject({
        code: 'CONCORDAT_INVALID_REQUEST',
        retriable: false,
      });
    }
  });

  it('is sent by another process when its own dies between commit and send (O1)', async () => {
    const dying = world.process({ faults: diesAt('O1'), dies: true });
    dying.start();
    const gtx = await world.enqueue(dying);
    expect(world.sent).toEqual([]);

    world.process().start();
    await world.clock.advance(2_000);

    expect(world.sends(gtx)).toBeGreaterThan(0);
  });

  it('is sent again when its process dies before ACCEPTED (O2)', async () => {
    const dying = world.process({ faults: diesAt('O2'), dies: true });
    dying.start();
    const gtx = await world.enqueue(dying);
    expect(world.sends(gtx)).toBe(1);

    world.process().start();
    await world.clock.advance(2_000);

    expect(world.sends(gtx)).toBeGreaterThan(1);
  });

  it('is sent once by two relays when nothing is lost', async () => {
    const [one, two] = [world.process(), world.process()];
    one.start();
    two.start();

    const gtxs: string[] = [];
    for (const shop of [one, two, one, two]) gtxs.push(await world.enqueue(shop));
    for (const gtx of gtxs) await world.say(gtx, { type: 'ACCEPTED' });
    await world.clock.advance(7_500);

    expect(world.sent.map(({ gtx }) => gtx).sort()).toEqual([...gtxs].sort());
  });
});

describe('until the coordinator answers', () => {
  it('the same request is sent again and again, ever more seldom, at least every 12 s', async () => {
    const shop = world.process();
    shop.start();
    const gtx = await world.enqueue(shop);

    await world.clock.advance(120_000);

    const times = world.sent.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - times[index]!);
    expect(world.sends(gtx)).toBe(times.length);
    expect(gaps.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(12_000);
    expect(times.length).toBeGreaterThan(10);
  });

  it('only its answer ends that: ACCEPTED', async () => {
    const shop = world.process();
    shop.start();
    const gtx = await world.enqueue(shop);

    await world.say(gtx, { type: 'ACCEPTED' });
    await world.clock.advance(7_500);

    expect(world.sends(gtx)).toBe(1);
  });

  it('an accepted one whose outcome is overdue is asked for again, and the answer is taken', async () => {
    const shop = world.process();
    const heard: unknown[] = [];
    shop.onOutcome(async (outcomes) => void heard.push(...outcomes));
    shop.start();
    const gtx = await world.enqueue(shop);
    const first = world.sends(gtx);
    await world.say(gtx, { type: 'ACCEPTED' });
    await world.clock.advance(7_500);
    expect(world.sends(gtx)).toBe(first);
    for (let round = 0; round < 3; round += 1) {
      const before = world.sends(gtx);
      // A late copy of the answer puts nothing off.
      await world.say(gtx, { type: 'ACCEPTED' });
      await world.clock.advance(ASKED_AGAIN_MS - 7_500);
      await world.say(gtx, { type: 'ACCEPTED' });
      await world.clock.advance(7_500);
      expect(world.sends(gtx)).toBeGreaterThan(before);
    }
    await world.say(gtx, { type: 'OUTCOME', outcome: 'committed', reason: null });

    expect(heard).toMatchObject([{ gtx, outcome: 'committed' }]);
  });

  it('an accepted one is asked for as soon when it had to be sent many times', async () => {
    const shop = world.process();
    shop.start();
    const gtx = await world.enqueue(shop);
    await world.clock.advance(60_000);
    const before = world.sends(gtx);
    expect(before).toBeGreaterThan(5);

    await world.say(gtx, { type: 'ACCEPTED' });
    await world.clock.advance(ASKED_AGAIN_MS);

    expect(world.sends(gtx)).toBeGreaterThan(before);
  });

  it('a stop waits for nobody: what is open is in the database', async () => {
    const shop = world.process();
    shop.start();
    const gtx = await world.enqueue(shop);

    await shop.stop();
    world.process().start();
    await world.clock.advance(2_000);
    await settle();

    expect(world.sends(gtx)).toBeGreaterThan(1);
  });
});

describe('requests of one ordering key', () => {
  it('are submitted one after the other, each after the answer to the one before', async () => {
    const shop = world.process();
    shop.start();
    const first = await world.enqueue(shop, { key: 'alice' });
    const second = await world.enqueue(shop, { key: 'alice' });
    const third = await world.enqueue(shop, { key: 'alice' });
    const other = await world.enqueue(shop, { key: 'bob' });
    expect([first, second, third, other].map((gtx) => world.sends(gtx))).toEqual([1, 0, 0, 1]);

    await world.say(first, { type: 'REJECTED', code: 'CONCORDAT_UNKNOWN_OPERATION', detail: '' });
    expect([second, third].map((gtx) => world.sends(gtx))).toEqual([1, 0]);
    await world.say(second, { type: 'ACCEPTED' });

    expect(world.sends(third)).toBe(1);
  });
});
