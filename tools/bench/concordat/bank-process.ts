/* A participant of the bench, built as any service builds one without Nest: accounts in a database of its own. */
import { createKafkaBus } from '#messaging';
import { createLog, systemClock, systemRandom } from '#observability';
import { createParticipant, type ParticipantHealth } from '#participant';
import { createPostgresBranchStore } from '#persistence';
import { serve } from '../processes/serve.js';
import { operationsOf, type BankStyle, type Pace } from './operations.js';

export interface BankSetup {
  readonly name: string;
  readonly style: BankStyle;
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly databaseUrl: string;
  readonly coordinatorUrls: readonly string[];
}

/** As the example services have it (libs/service). */
const CONCURRENCY = 16;

const pace: Pace = { delayMs: 0 };
let healthOfBank = (): Promise<ParticipantHealth> => Promise.resolve({ ok: false, detail: 'not started' });
let stopBank = (): Promise<void> => Promise.resolve();

async function start(setup: BankSetup): Promise<void> {
  const { name, databaseUrl: url, topicPrefix, coordinatorUrls, partitions } = setup;
  const log = createLog({ level: 'info', name, instance: name });
  const store = createPostgresBranchStore({ participant: name, url, log, maxConnections: CONCURRENCY });
  const bus = createKafkaBus({ brokers: setup.brokers.split(','), clientId: name, log });
  const participant = createParticipant({
    ...{ name, operations: operationsOf(setup.style, pace), store, bus, instance: name, topicPrefix, log },
    ...{ clock: systemClock, random: systemRandom, coordinatorUrls, concurrency: CONCURRENCY },
    createTopics: { partitions, replication: 1 },
  });
  stopBank = async () => {
    await participant.stop();
    await bus.close();
    await store.close();
  };
  await participant.start();
  healthOfBank = () => participant.health();
}

async function slowDown(delayMs: number): Promise<void> {
  pace.delayMs = delayMs;
}

serve({ start, slowDown, health: () => healthOfBank(), stop: () => stopBank() });
