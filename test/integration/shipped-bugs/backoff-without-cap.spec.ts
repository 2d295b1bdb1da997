/** Shipped bug: the pause doubled with each failure and had no cap; after an outage recovery lagged as long as the outage had lasted. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RESEND_BACKOFF, backoffMs } from '#protocol';
import { World, submission } from '#testkit';
import { topicNames } from '#wire';
import { eventually } from '../../support/eventually.js';
import { ScriptedParticipant, willing } from '../coordinator/scripted-participant.js';

/** protocol.md §10. */
const CAP_MS = 10_000;
const JITTER = 0.2;

describe('the pause before a repetition', () => {
  it('never exceeds its cap, however long the outage, and never vanishes', () => {
    for (const tries of [0, 1, 5, 31, 32, 53, 64, 1_000, 1_024, 1_000_000, Number.MAX_SAFE_INTEGER])
      for (const random of [0, 0.5, 0.999_999]) {
        const pauseMs = backoffMs(tries, random);
        expect(pauseMs).toBeLessThanOrEqual(CAP_MS * (1 + JITTER));
        expect(pauseMs).toBeGreaterThanOrEqual(RESEND_BACKOFF.baseMs * (1 - JITTER));
      }
  });

  it('is at its cap for every number of tries from some on', () => {
    const plain = Array.from({ length: 2_000 }, (_, tries) => backoffMs(tries, 0.5));
    expect(new Set(plain.slice(10))).toEqual(new Set([CAP_MS]));
  });
});

describe('a participant that comes back', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  it('is not waited for until the next pause is over: its HELLO brings what waits', async () => {
    const stock = await ScriptedParticipant.start(
      'stock',
      world.broker.connect('stock'),
      topicNames('concordat'),
    );
    stock.script = () => null;
    const engine = await world.engine('c1');
    await world.registered('stock');
    const branches = [{ id: 'a', participant: 'stock', operation: 'reserve', payload: {} }];
    const { stored } = await engine.desk.submit(submission({ branches, timeoutMs: 600_000 }));
    const { gtx } = stored.tx;
    await eventually(() => stock.commands.length > 0);
    // As after an hour of silence: the next repetition is far away.
    const entry = engine.held(gtx)!;
    entry.tries = 5_000;
    entry.resendAtMs = Number.MAX_SAFE_INTEGER;

    stock.script = willing;
    await stock.hello('boot-2');

    await eventually(async () => (await world.stored(gtx))?.tx.state === 'COMMITTED');
  });
});
