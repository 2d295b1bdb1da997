import { setTimeout } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { until } from '../../../crash/support/until.js';
import { patient } from './patience.js';
import type { ChaosSite } from './site.js';

const EMPTY_MS = 30_000;
const POLL_MS = 100;

async function withAdmin<T>({ kafka }: ChaosSite, work: (admin: Admin) => Promise<T>): Promise<T> {
  const client = new Kafka({ brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Index of the broker that leads most partitions of the site's topics. */
export const leaderOfMost = (site: ChaosSite): Promise<number> =>
  withAdmin(site, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    const leaders = topics
      .filter(({ name }) => name.startsWith(site.topicPrefix))
      .flatMap(({ partitions }) => partitions.map(({ leader }) => leader));
    const led = (broker: number): number => leaders.filter((leader) => leader === broker + 1).length;
    return site.kafka.pids
      .map((_, broker) => broker)
      .reduce((most, one) => (led(one) > led(most) ? one : most), 0);
  });

/** Readers of outcomes begin at the oldest record at every start, each in a group of its own that dies with it. */
const OF_ONE_START = /\.outcomes\./;

const groupsOf = async (site: ChaosSite, admin: Admin): Promise<readonly string[]> =>
  (await admin.listGroups()).groups
    .map(({ groupId }) => groupId)
    .filter((id) => id.startsWith(site.topicPrefix) && !OF_ONE_START.test(id));

/** The broker forgets a member that was killed only when its session ends. */
const empty = (admin: Admin, groupId: string): Promise<number> =>
  until(`${groupId} has no members`, patient(EMPTY_MS), async () => {
    const { groups } = await admin.describeGroups([groupId]);
    return groups.every(({ state }) => state === 'Empty');
  });

/** As long as a preferred leader takes to come back. */
const LEADERS_MS = 10_000;

/** Asked in the moment in which a partition has no leader kafkajs throws a TypeError; the broker is asked again then. */
async function boundsOf(
  admin: Admin,
  topic: string,
): Promise<Awaited<ReturnType<Admin['fetchTopicOffsets']>>> {
  const deadlineMs = performance.now() + patient(LEADERS_MS);
  for (;;) {
    try {
      return await admin.fetchTopicOffsets(topic);
    } catch (error) {
      if (!(error instanceof TypeError) || performance.now() > deadlineMs) throw error;
      await setTimeout(POLL_MS);
    }
  }
}

async function rewindGroup(admin: Admin, groupId: string): Promise<number> {
  let records = 0;
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
    records += partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    const oldest = (await boundsOf(admin, topic)).map(({ partition, low }) => ({
      partition,
      offset: low,
    }));
    await empty(admin, groupId);
    await admin.setOffsets({ groupId, topic, partitions: oldest });
  }
  return records;
}

/** Every group of the site reads its topics again from the oldest record on; nobody may be a member now. Returns how many records that is. */
export const rewind = (site: ChaosSite): Promise<number> =>
  withAdmin(site, async (admin) => {
    const groups = await groupsOf(site, admin);
    const counts = await Promise.all(groups.map((groupId) => rewindGroup(admin, groupId)));
    return counts.reduce((sum, count) => sum + count, 0);
  });

/** Records that the groups of the site have not yet committed as read. */
export const lag = (site: ChaosSite): Promise<number> =>
  withAdmin(site, async (admin) => {
    let behind = 0;
    for (const groupId of await groupsOf(site, admin)) {
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
        const ends = new Map((await boundsOf(admin, topic)).map(({ partition, high }) => [partition, high]));
        behind += partitions.reduce(
          (sum, { partition, offset }) => sum + Number(ends.get(partition)) - Math.max(0, Number(offset)),
          0,
        );
      }
    }
    return behind;
  });
