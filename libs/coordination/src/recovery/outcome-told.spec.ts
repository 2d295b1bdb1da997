import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { LedgerError } from '#persistence';
import type { LedgerGate } from '#persistence';
import { decodeInitiator, topicNames, topicPolicies } from '#wire';
import type { Bus } from '#messaging';
import { World, addTcc, submission } from '#testkit';

/** What a saga came to and its end are one write: whoever does not hear that it happened may find nothing left to drive. */

const topics = topicNames('concordat');
const QUICK = { heartbeatMs: 20, deadAfterMs: 100, scanIntervalMs: 20 };
const branch = { id: 'a', participant: 'tcc', operation: 'add', payload: { key: 'k', amount: 5 } };

let world: World;
let bus: Bus;
let lost = 0;
const gtx = systemRandom.uuidv7();

/** The answer to the write that ends the transaction is lost. */
const loseTheEnd: LedgerGate = async (verb, run) => {
  const result = run();
  const stored = verb === 'commitSteps' && lost === 0 ? await world.stored(gtx) : undefined;
  if (!stored?.endedAt) return result;
  lost += 1;
  throw new LedgerError('UNAVAILABLE', 'the answer is lost', true);
};

beforeEach(async () => {
  world = new World({ engine: QUICK, gate: loseTheEnd });
  bus = world.broker.connect('initiator');
  await bus.ensureTopics(topicPolicies(topics, { partitions: 1, replication: 1, initiators: ['shop'] }));
  await world.participant('tcc', [addTcc]);
});
afterEach(() => world.close());

it('an initiator hears the outcome also when the answer to its write is lost', async () => {
  const engine = await world.engine('c1');
  await world.registered('tcc');
  const heard = new Promise<unknown>((resolve) => {
    void bus.subscribe({
      topics: [topics.initiator('shop')],
      group: 'test',
      from: 'earliest',
      handler: async (batch) => {
        const [decoded] = batch.map((record) => decodeInitiator(record));
        if (decoded?.ok) resolve(decoded.message);
      },
    });
  });

  const { request } = submission({ id: gtx, mode: 'saga', branches: [branch] });
  await engine.desk.submit({ request, idempotencyKey: null, initiator: 'shop', traceparent: null });

  expect(await heard).toMatchObject({ type: 'OUTCOME', gtx, outcome: 'committed' });
  expect(lost).toBe(1);
});
