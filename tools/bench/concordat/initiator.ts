import { migrateParticipant } from '#persistence';
import type { Contender } from '../contenders/contender.js';
import type { Edge, LoadResult } from '../load/closed-loop.js';
import { until } from '../patience.js';
import { Worker } from '../processes/worker.js';
import type { Site } from '../site.js';
import type { Installation, Submission } from './installation.js';
import type { OutboxSetup } from './outbox-process.js';

const NAME = 'shop';

/** Submits over Kafka by the outbox of an application with a database of its own; answered by OUTCOME. */
export interface Initiator {
  contender(submission: Submission): Contender;
  stop(): Promise<void>;
}

export async function startInitiator(
  site: Site,
  installation: Installation,
  partitions: number,
): Promise<Initiator> {
  const databaseUrl = await site.database(NAME);
  await migrateParticipant(databaseUrl);
  const { logDir, profileDir, onDeath, kafka } = site;
  const program = 'concordat/outbox-process.js';
  const worker = await Worker.start({ name: NAME, program, logDir, profileDir, onDeath });
  const { topicPrefix } = installation;
  const setup = { name: NAME, brokers: kafka.brokers, topicPrefix, partitions, databaseUrl };
  await worker.call('start', setup satisfies OutboxSetup);
  await until('the outbox to be connected', () => worker.call<boolean>('health'));
  return {
    contender: (submission) => {
      const base = installation.contender(submission);
      return {
        ...base,
        databases: [...base.databases, NAME],
        pids: () => ({ ...base.pids(), load: [worker.pid] }),
        drive: (workload, onEdge) =>
          worker.call<LoadResult, Edge>('drive', { ...submission, ...workload }, onEdge),
      };
    },
    stop: () => worker.stop(),
  };
}
