import { describe, expect, it } from '@jest/globals';
import { Gate, until, words } from '../conformance/world.js';
import { BusError, type OutgoingRecord } from '../port.js';
import { Publisher } from './publisher.js';

const record = (key: string, value: string): OutgoingRecord => ({
  topic: 't',
  key,
  value: Buffer.from(value),
  headers: {},
});

/** A sender whose requests wait until the test lets them go. */
class HeldSender {
  readonly requests: { readonly values: readonly string[]; readonly land: (error?: unknown) => void }[] = [];

  send(records: readonly OutgoingRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.requests.push({
        values: records.map(({ value }) => String(value)),
        land: (error) => (error === undefined ? resolve() : reject(error as Error)),
      });
    });
  }

  get sent(): readonly (readonly string[])[] {
    return this.requests.map(({ values }) => values);
  }
}

const LIMITS = { inFlight: 2, queuedRecords: 10 };
const tooLarge = new BusError('TOO_LARGE', 'too large', false);
const away = new BusError('UNAVAILABLE', 'away', true);

describe('publisher', () => {
  it('sends what one turn publishes as one request', async () => {
    const sender = new HeldSender();
    const publisher = new Publisher(sender, LIMITS);

    for (const word of words(5)) void publisher.publish([record(word, word)]);
    await until(() => sender.requests.length > 0);

    expect(sender.sent).toEqual([words(5)]);
  });

  it('K1: keeps a record back while an earlier one of its key is on its way, and lets others pass', async () => {
    const sender = new HeldSender();
    const publisher = new Publisher(sender, LIMITS);
    void publisher.publish([record('k', 'k1')]);
    await until(() => sender.requests.length === 1);

    void publisher.publish([record('k', 'k2')]);
    void publisher.publish([record('k', 'k3'), record('other', 'o1')]);
    void publisher.publish([record('other', 'o2')]);
    void publisher.publish([record('free', 'f1')]);
    await until(() => sender.requests.length === 2);
    expect(sender.sent[1]).toEqual(['f1']);

    sender.requests[0]?.land();
    await until(() => sender.requests.length === 3);
    expect(sender.sent[2]).toEqual(['k2', 'k3', 'o1', 'o2']);
  });

  it('keeps no more requests on their way than allowed', async () => {
    const sender = new HeldSender();
    const publisher = new Publisher(sender, LIMITS);
    for (const word of words(4)) {
      void publisher.publish([record(word, word)]);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    expect(sender.sent).toEqual([['w0'], ['w1']]);

    sender.requests[0]?.land();
    await until(() => sender.requests.length === 3);
    expect(sender.sent[2]).toEqual(['w2', 'w3']);
  });

  it('K2: finds the publish at fault among those that shared a request', async () => {
    const sender = {
      send: (records: readonly OutgoingRecord[]) =>
        records.some(({ value }) => String(value) === 'big') ? Promise.reject(tooLarge) : Promise.resolve(),
    };
    const publisher = new Publisher(sender, LIMITS);

    const outcomes = await Promise.allSettled(
      ['a', 'big', 'b'].map((value) => publisher.publish([record(value, value)])),
    );

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'TOO_LARGE' } });
  });

  it('tells everybody who waits when the broker is away, instead of letting each wait in vain', async () => {
    const sender = new HeldSender();
    const publisher = new Publisher(sender, LIMITS);
    const first = publisher.publish([record('k', '1')]);
    await until(() => sender.requests.length === 1);
    const second = publisher.publish([record('k', '2')]);

    sender.requests[0]?.land(away);

    await expect(first).rejects.toBe(away);
    await expect(second).rejects.toBe(away);
    await publisher.idle();
    expect(sender.requests).toHaveLength(1);
  });

  it('refuses what exceeds the queue, and takes records again when it has emptied', async () => {
    const sender = new HeldSender();
    const publisher = new Publisher(sender, LIMITS);
    const ten = publisher.publish(words(10).map((word) => record(word, word)));
    await expect(publisher.publish([record('x', 'x')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    await until(() => sender.requests.length === 1);
    sender.requests[0]?.land();
    await ten;

    void publisher.publish([record('x', 'x')]);
    await until(() => sender.requests.length === 2);
  });

  it('idle waits for what is queued and on its way', async () => {
    const sender = new HeldSender();
    const publisher = new Publisher(sender, LIMITS);
    const gate = new Gate();
    const published = publisher.publish([record('k', '1')]);
    await until(() => sender.requests.length === 1);

    const idle = publisher.idle().then(gate.open);
    sender.requests[0]?.land();

    await published;
    await idle;
    await gate.opened;
  });
});
