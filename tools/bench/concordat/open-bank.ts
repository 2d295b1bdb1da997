import type { Bus } from '#messaging';
import { createLog, systemClock, systemRandom } from '#observability';
import { createParticipant, type ParticipantRuntime } from '#participant';
import { createPostgresBranchStore } from '#persistence';
import { operationsOf, type BankStyle, type Pace } from './operations.js';

export interface BankPlan {
  readonly name: string;
  readonly style: BankStyle;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly databaseUrl: string;
  readonly coordinatorUrls: readonly string[];
}

/** As the example services have it (libs/service). */
const CONCURRENCY = 16;

export interface OpenBank {
  readonly participant: ParticipantRuntime;
  stop(): Promise<void>;
}

/** A participant with accounts, built as any service builds one without Nest. `stop` closes the bus, too. */
export async function openBank(plan: BankPlan, bus: Bus, pace: Pace): Promise<OpenBank> {
  const { name, databaseUrl: url, topicPrefix, coordinatorUrls, partitions } = plan;
  const log = createLog({ level: 'info', name, instance: name });
  const store = createPostgresBranchStore({ participant: name, url, log, maxConnections: CONCURRENCY });
  const participant = createParticipant({
    ...{ name, operations: operationsOf(plan.style, pace), store, bus, instance: name, topicPrefix, log },
    ...{ clock: systemClock, random: systemRandom, coordinatorUrls, concurrency: CONCURRENCY },
    createTopics: { partitions, replication: 1 },
  });
  await participant.start();
  return {
    participant,
    stop: async () => {
      await participant.stop();
      await bus.close();
      await store.close();
    },
  };
}
