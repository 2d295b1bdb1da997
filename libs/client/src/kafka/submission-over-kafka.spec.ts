import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settle } from '../manual-clock.fixture.js';
import { OutboxWorld, REQUEST, TOPICS } from '../outbox/world.fixture.js';
import { createConcordatClient } from '../concordat-client.js';

let world: OutboxWorld;
beforeEach(async () => {
  world = await new OutboxWorld().open();
});
afterEach(() => world.close());

/** Begins over Kafka; the coordinator has heard it when this resolves. */
async function begin(options: { wait?: 'accepted' | 'decided'; waitMs?: number } = {}) {
  const answer = world.process().transactions.begin(REQUEST, { via: 'kafka', ...options });
  const outcome = answer.catch((error: unknown) => error);
  await settle();
  return { gtx: world.sent[0]!.gtx, outcome };
}

describe('a request submitted over Kafka', () => {
  it('is accepted', async () => {
    const { gtx, outcome } = await begin();

    await world.say(gtx, { type: 'ACCEPTED' });

    expect(await outcome).toEqual({ id: gtx, outcome: null, reason: null, transaction: null });
  });

  it('is waited for until it is decided', async () => {
    const { gtx, outcome } = await begin({ wait: 'decided' });

    await world.say(gtx, { type: 'ACCEPTED' });
    await world.say(gtx, { type: 'OUTCOME', outcome: 'aborted', reason: 'OUT_OF_STOCK' });

    expect(await outcome).toMatchObject({ id: gtx, outcome: 'aborted', reason: 'OUT_OF_STOCK' });
  });

  it('that is refused says the code', async () => {
    const { gtx, outcome } = await begin();

    await world.say(gtx, { type: 'REJECTED', code: 'UNKNOWN_PARTICIPANT', detail: 'p never registered' });

    expect(await outcome).toMatchObject({
      name: 'ConcordatError',
      code: 'UNKNOWN_PARTICIPANT',
      retriable: false,
      gtx,
    });
  });

  it('is sent again until it is answered: a lost answer costs only time', async () => {
    const { gtx, outcome } = await begin();

    await world.clock.advance(4_000);
    expect(world.sends(gtx)).toBeGreaterThan(2);
    await world.say(gtx, { type: 'ACCEPTED' });
    const sends = world.sends(gtx);
    await world.clock.advance(60_000);

    expect(await outcome).toMatchObject({ id: gtx });
    expect(world.sends(gtx)).toBe(sends);
  });

  it('that is accepted but not decided in time is no error', async () => {
    const { gtx, outcome } = await begin({ wait: 'decided', waitMs: 1_000 });

    await world.say(gtx, { type: 'ACCEPTED' });
    await world.clock.advance(1_000);

    expect(await outcome).toMatchObject({ id: gtx, outcome: null });
  });

  it('that is not known to be accepted in time is one, with the id to ask with again', async () => {
    const { gtx, outcome } = await begin({ waitMs: 1_000 });

    await world.clock.advance(1_000);

    expect(await outcome).toMatchObject({ code: 'CONCORDAT_NOT_IN_TIME', retriable: true, gtx });
  });

  it('hears its own answer, whichever process reads the outbox', async () => {
    world.process().start();
    const { gtx, outcome } = await begin();

    await world.say(gtx, { type: 'ACCEPTED' });

    expect(await outcome).toMatchObject({ id: gtx });
  });

  it('without a broker is an error that may pass', async () => {
    const bus = world.broker.connect('gone');
    await bus.close();
    const { transactions } = createConcordatClient({ initiator: 'shop', bus, clock: world.clock });

    await expect(transactions.begin(REQUEST)).rejects.toMatchObject({
      code: 'CONCORDAT_UNREACHABLE',
      retriable: true,
    });
  });

  it('leaves junk on its topic to the reader that makes dead letters', async () => {
    const { gtx, outcome } = await begin();

    const junk = {
      key: gtx,
      value: Buffer.from('{'),
      headers: { v: '1', type: 'OUTCOME', initiator: 'shop' },
    };
    const bus = world.broker.connect('stranger');
    await bus.publish([{ topic: TOPICS.initiator('shop'), ...junk }]);
    await world.say(gtx, { type: 'ACCEPTED' });

    expect(await outcome).toMatchObject({ id: gtx });
    expect(await bus.lag('nobody', TOPICS.deadLetters)).toBe(0);
  });
});

describe('a client without the way that is asked for', () => {
  it('says what is missing', async () => {
    const { transactions } = createConcordatClient({ initiator: 'shop' });
    const missing = { code: 'CONCORDAT_NOT_CONFIGURED', retriable: false };

    await expect(transactions.begin(REQUEST)).rejects.toMatchObject(missing);
    await expect(transactions.begin(REQUEST, { via: 'http' })).rejects.toMatchObject(missing);
    await expect(transactions.get('x')).rejects.toMatchObject(missing);
  });
});
