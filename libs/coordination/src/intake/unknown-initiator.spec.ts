import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { decodeDeadLetter, decodeInitiator, encodeRequest, topicNames, topicPolicies } from '#wire';
import type { Bus, IncomingRecord } from '#messaging';
import { World, addTcc, addXa, submission } from '#testkit';

/** An initiator that cannot be answered costs nobody else anything. */

const topics = topicNames('concordat');
const branches = ['xa', 'tcc'].map((participant) => ({
  id: participant,
  participant,
  operation: 'add',
  payload: { key: 'k', amount: 5 },
}));

let world: World;
let bus: Bus;
beforeEach(async () => {
  world = new World();
  bus = world.broker.connect('initiator');
  await bus.ensureTopics(topicPolicies(topics, { partitions: 1, replication: 1, initiators: ['shop'] }));
  await world.participant('xa', [addXa]);
  await world.participant('tcc', [addTcc]);
});
afterEach(() => world.close());

/** The first record of a topic that is as wished. */
function heard<T>(topic: string, wished: (record: IncomingRecord) => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const handler = async (batch: readonly IncomingRecord[]): Promise<void> => {
      for (const record of batch) {
        const found = wished(record);
        if (found !== null) resolve(found);
      }
    };
    bus.subscribe({ topics: [topic], group: 'test', from: 'earliest', handler }).catch(reject);
  });
}

function begin(initiator: string) {
  const gtx = systemRandom.uuidv7();
  const request = submission({ branches }).request;
  const record = encodeRequest({ type: 'BEGIN', gtx, initiator, idempotencyKey: null, request });
  return { gtx, record: { topic: topics.requests, partition: 0, ...record } };
}

describe('a BEGIN of an initiator without a topic', () => {
  it('begins nothing, becomes one dead letter, and those behind it are accepted', async () => {
    await world.engine('c1');
    await world.registered('xa', 'tcc');
    const letter = heard(topics.deadLetters, (record) => {
      const decoded = decodeDeadLetter(record);
      return decoded.ok ? decoded.message : null;
    });
    const ghost = begin('ghost');
    const good = begin('shop');

    await bus.publish([ghost.record, good.record]);

    expect(await letter).toMatchObject({
      reason: 'UNKNOWN_INITIATOR',
      topic: topics.requests,
      key: ghost.gtx,
    });
    const accepted = await heard(topics.initiator('shop'), (record) => {
      const decoded = decodeInitiator(record);
      return decoded.ok && decoded.message.type === 'ACCEPTED' ? decoded.message.gtx : null;
    });
    expect(accepted).toBe(good.gtx);
    expect(await world.stored(ghost.gtx)).toBeUndefined();
  });
});
