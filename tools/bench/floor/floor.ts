import { Kafka, logLevel } from 'kafkajs';

import type { Contender, Workload } from '../contenders/contender.js';
import type { Edge, LoadResult } from '../load/closed-loop.js';
import { Worker } from '../processes/worker.js';
import { accountDatabase, runSql, type Site } from '../site.js';
import { commandTopic, replyTopic } from './letters.js';
import { CREATE_GUARDS, CREATE_LEDGER } from './schema.js';

const PREFIX = 'floor';
const PARTICIPANTS = ['floor_a', 'floor_b'];

async function createTopics(brokers: string): Promise<void> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR }).admin();
  await admin.connect();
  const names = [replyTopic(PREFIX), ...PARTICIPANTS.map((name) => commandTopic(PREFIX, name))];
  await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 1 })) });
  await admin.disconnect();
}

/**
 * The ceiling of this design on this machine (bench.md): the same SQL in the same batches and the same number of records as a
 * committed tcc transaction, with no protocol and no HTTP.
 */
export async function startFloor(site: Site): Promise<Contender> {
  const { brokers } = site.kafka;
  await createTopics(brokers);
  const worker = (name: string, program: string): Promise<Worker> =>
    Worker.start({ name, program: `floor/${program}.js`, logDir: site.logDir, profileDir: site.profileDir });
  const participants: Worker[] = [];
  for (const name of PARTICIPANTS) {
    const databaseUrl = await accountDatabase(site, name, CREATE_GUARDS);
    const started = await worker(name, 'participant-process');
    await started.call('start', { brokers, prefix: PREFIX, name, databaseUrl });
    participants.push(started);
  }
  const databaseUrl = await site.database('floor_ledger');
  await runSql(databaseUrl, CREATE_LEDGER);
  const client = await worker('floor-client', 'client-process');
  await client.call('start', { brokers, prefix: PREFIX, participants: PARTICIPANTS, databaseUrl });
  return {
    name: 'floor tcc',
    topicPrefix: `${PREFIX}.`,
    databases: [...PARTICIPANTS, 'floor_ledger'],
    pids: { coordinator: [client.pid], participants: participants.map(({ pid }) => pid) },
    drive: (workload: Workload, onEdge) => client.call<LoadResult, Edge>('drive', workload, onEdge),
    check: () => Promise.resolve(),
    stop: async () => {
      await Promise.all([client, ...participants].map((each) => each.stop()));
    },
  };
}
