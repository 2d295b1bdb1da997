import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createKafkaBus } from '#messaging';
import type { Bus, OutgoingRecord } from '#messaging';
import { silentLog, systemRandom } from '#observability';
import { topicNames } from '#wire';
import { purchase, put, submit } from './support/requests.js';
import { call } from './support/shop.js';
import { openSite, until } from './support/site.js';
import type { Site } from './support/site.js';

jest.setTimeout(300_000);
const LIMIT_MS = 30_000;

interface DeadLetter {
  readonly topic: string;
  readonly key: string | null;
  readonly reason: string;
}

describe('hostile records: one dead letter each, nothing else changes', () => {
  let site: Site;
  let bus: Bus;
  let live: string;
  beforeAll(async () => {
    site = await openSite('hostile');
    bus = createKafkaBus({ brokers: site.kafka.brokers.split(','), clientId: 'hostile', log: silentLog });
    live = await liveTransaction(site);
  });
  afterAll(async () => {
    await bus.close();
    await site.close();
  });

  it('on every topic', async () => {
    const topics = topicNames(site.topicPrefix);
    const names = [
      topics.requests,
      topics.replies,
      topics.command('inventory'),
      topics.command('payments'),
      topics.initiator('orders'),
      topics.outcomes,
      topics.deadLetters,
    ];
    const expected = names
      .flatMap((topic) => hostileRecords(topic))
      .concat(hostileReplies(topics.replies, live));

    await bus.publish(expected.map(({ record }) => record));

    const wanted = new Map(expected.map(({ record, reason }) => [record.key, reason]));
    let found: readonly DeadLetter[] = [];
    await until('every hostile record is a dead letter', LIMIT_MS, async () => {
      found = (await deadLetters(site)).filter(({ key }) => wanted.has(key ?? ''));
      return new Set(found.map(({ key }) => key)).size === wanted.size;
    }).catch((error: unknown) => {
      const missing = [...wanted].filter(([key]) => !found.some((letter) => letter.key === key));
      throw new Error(
        `${String(error)}; missing: ${missing.map(([key, reason]) => `${key} ${reason}`).join(', ')}`,
      );
    });
    expect(found).toHaveLength(wanted.size);
    for (const { key, reason, topic } of found)
      expect(`${topic} ${reason}`).toBe(`${topic} ${wanted.get(key ?? '')}`);
  });

  it('the readers have caught up', async () => {
    const topics = topicNames(site.topicPrefix);
    const groups: readonly (readonly [string, string])[] = [
      [`${topics.requests}.coordinators`, topics.requests],
      [`${topics.replies}.drivers`, topics.replies],
      [topics.command('inventory'), topics.command('inventory')],
      [topics.command('payments'), topics.command('payments')],
      [`${topics.outcomes}.watchdogs`, topics.outcomes],
      [`${topics.deadLetters}.coordinators`, topics.deadLetters],
    ];
    for (const [group, topic] of groups) {
      await until(`${group} has no lag`, LIMIT_MS, async () => (await bus.lag(group, topic)) === 0);
    }
  });

  it('the live transaction they named still commits, and the processes live', async () => {
    const answer = await call(`${site.cluster.urls['coordinator-1']}/v1/transactions/${live}`, {});
    expect(answer?.body).toMatchObject({ outcome: 'committed', heuristic: 'none' });
    for (const url of Object.values(site.cluster.urls))
      expect((await call(`${url}/health/ready`, {}))?.status).toBe(200);
  });
});

interface Hostile {
  readonly record: OutgoingRecord;
  readonly reason: string;
}

let serial = 0;
/** Each hostile record has a key of its own, by which its dead letter is found. */
const key = (): string => `hostile-${(serial += 1)}`;

function hostileRecords(topic: string): readonly Hostile[] {
  const good = { v: '1', type: typeOn(topic), participant: 'inventory', initiator: 'orders' };
  const record = (value: string | Buffer, headers: Record<string, string>): OutgoingRecord => ({
    topic,
    key: key(),
    value: Buffer.from(value),
    headers,
  });
  return [
    { record: record('{"gtx": ', good), reason: 'BAD_JSON' },
    { record: record('{}', { ...good, type: 'NONSENSE' }), reason: 'UNKNOWN_TYPE' },
    { record: record('{}', { ...good, v: '99' }), reason: 'UNKNOWN_VERSION' },
    { record: record('{"surprise": true}', good), reason: 'INVALID' },
    { record: record('{}', {}), reason: 'BAD_HEADERS' },
    { record: record(Buffer.alloc(1_200_000, 'x'), good), reason: 'OVERSIZE' },
  ];
}

function typeOn(topic: string): string {
  if (topic.endsWith('.requests')) return 'BEGIN';
  if (topic.endsWith('.replies')) return 'VOTE';
  if (topic.endsWith('.outcomes') || topic.includes('.initiators.')) return 'OUTCOME';
  return topic.endsWith('.dead-letters') ? 'DEAD_LETTER' : 'COMMIT';
}

/** Votes about a transaction that exists, from a stranger to the branch and for a branch it does not have: keyed by its gtx, told apart by reason. */
function hostileReplies(topic: string, gtx: string): readonly Hostile[] {
  const stranger = systemRandom.uuidv7();
  const vote = (over: object) =>
    Buffer.from(
      JSON.stringify({
        gtx,
        attempt: 1,
        branch: 'stock',
        vote: 'NO',
        code: 'X',
        message: 'x',
        noCode: 'REFUSED',
        output: null,
        ...over,
      }),
    );
  const headers = (participant: string) => ({ v: '1', type: 'VOTE', participant });
  return [
    {
      record: { topic, key: stranger, value: vote({ gtx: stranger }), headers: headers('nobody') },
      reason: 'UNKNOWN_PARTICIPANT',
    },
    {
      record: { topic, key: gtx, value: vote({ branch: 'nowhere' }), headers: headers('inventory') },
      reason: 'UNKNOWN_BRANCH',
    },
  ];
}

async function deadLetters(site: Site): Promise<readonly DeadLetter[]> {
  const items: DeadLetter[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor ? `&cursor=${cursor}` : '';
    const answer = await call(
      `${site.cluster.urls['coordinator-1']}/v1/recovery/dead-letters?limit=200${query}`,
      {},
    );
    const page = answer?.body as { items: DeadLetter[]; nextCursor: string | null };
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

async function liveTransaction(site: Site): Promise<string> {
  await put(site, 'inventory-1', '/stock/tea', { onHand: 10 });
  await put(site, 'payments-1', '/accounts/alice', { balance: 1_000 });
  const answer = await submit(site, purchase(), '?wait=decided');
  return (answer?.body as { id: string }).id;
}
