import { Kafka, logLevel } from 'kafkajs';

import type { Contender, Workload } from '../contenders/contender.js';
import type { Edge, LoadResult } from '../load/closed-loop.js';
import { Worker } from '../processes/worker.js';
import { accountDatabase, runSql, type Site } from '../site.js';
import type { FloorClientSetup } from './client-process.js';
import type { FloorParticipantSetup } from './participant-process.js';
import { commandTopic, replyTopic } from './letters.js';
import { CREATE_GUARDS, CREATE_LEDGER } from './schema.js';

/** Which 2PC style's costs it has. */
export type FloorStyle = FloorParticipantSetup['style'];

interface Names {
  readonly prefix: string;
  readonly ledger: string;
  readonly participants: readonly string[];
}

const namesOf = (style: FloorStyle): Names => ({
  prefix: `floor-${style}`,
  ledger: `floor_${style}_ledger`,
  participants: [`floor_${style}_1`, `floor_${style}_2`],
});

export const floorName = (style: FloorStyle): string => `floor ${style}`;

async function createTopics(brokers: string, { prefix, participants }: Names): Promise<void> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = [replyTopic(prefix), ...participants.map((name) => commandTopic(prefix, name))];
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
  await admin.disconnect();
}

/**
 * The ceiling of this design on this machine (bench.md): the same SQL in the same batches and the same number of records as a
 * committed transaction of that style, with no protocol and no HTTP.
 */
export async function startFloor(site: Site, style: FloorStyle): Promise<Contender> {
  const { kafka, logDir, profileDir, onDeath } = site;
  const { brokers } = kafka;
  const names = namesOf(style);
  const { prefix, ledger, participants } = names;
  await createTopics(brokers, names);
  const workers: Worker[] = [];
  for (const name of participants) {
    const databaseUrl = await accountDatabase(site, name, CREATE_GUARDS);
    const worker = await Worker.start({
      name,
      program: 'floor/participant-process.js',
      logDir,
      profileDir,
      onDeath,
    });
    workers.push(worker);
    await worker.call('start', { style, brokers, prefix, name, databaseUrl } satisfies FloorParticipantSetup);
  }
  const databaseUrl = await site.database(ledger);
  await runSql(databaseUrl, CREATE_LEDGER);
  const client = await Worker.start({
    name: prefix,
    program: 'floor/client-process.js',
    logDir,
    profileDir,
    onDeath,
  });
  await client.call('start', { brokers, prefix, participants, databaseUrl } satisfies FloorClientSetup);
  return {
    name: floorName(style),
    topicPrefix: `${prefix}.`,
    databases: [...participants, ledger],
    pids: () => ({ coordinator: [client.pid], participants: workers.map(({ pid }) => pid) }),
    drive: (workload: Workload, onEdge) => client.call<LoadResult, Edge>('drive', workload, onEdge),
    check: () => Promise.resolve(),
    stop: async () => {
      await Promise.all([client, ...workers].map((each) => each.stop()));
    },
  };
}
