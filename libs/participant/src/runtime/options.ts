import type { Bus } from '#messaging';
import { noFaultPoints, noMetrics, silentLog, systemClock, systemRandom } from '#observability';
import type { Clock, FaultPoints, Log, Metrics, Random } from '#observability';
import type { BranchStore } from '#persistence';
import { topicNames } from '#wire';
import type { Topics } from '#wire';
import type { EntityManagerFactory } from '../operations/branch-context.js';
import type { OperationDefinition } from '../operations/operation.js';
import type { Fetch } from './inquiries.js';

export interface ParticipantOptions {
  /** Its name in plans, topics and gids. One name, one database, one database role. */
  readonly name: string;
  readonly operations: readonly OperationDefinition[];
  readonly store: BranchStore;
  readonly bus: Bus;
  /** Names this process in HELLO and dead letters. */
  readonly instance: string;
  /** Default `concordat`. */
  readonly topicPrefix?: string | undefined;
  /** Creates missing topics at start. Default: they must exist. */
  readonly createTopics?: { readonly partitions: number; readonly replication: number } | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
  readonly metrics?: Metrics | undefined;
  readonly faults?: FaultPoints | undefined;
  /** Local transactions at a time; at most the connections of the store's pool. Default 10. */
  readonly concurrency?: number | undefined;
  /** A branch prepared for longer asks for its outcome. Default 10 s. */
  readonly inquireAfterMs?: number | undefined;
  /** A branch prepared for longer is alarmed. Default 60 s. */
  readonly alarmAfterMs?: number | undefined;
  /** Coordinators to ask over HTTP, too. Default none. */
  readonly coordinatorUrls?: readonly string[] | undefined;
  /** Default 3 s. */
  readonly helloEveryMs?: number | undefined;
  /** Rows and fences of ended branches are kept so long; longer than any message may live. Default 14 d. */
  readonly retentionMs?: number | undefined;
  /** Default 10 min. */
  readonly collectEveryMs?: number | undefined;
  /** How long a stop waits for the broker to take the last replies. Default 5 s. */
  readonly drainMs?: number | undefined;
  readonly entityManager?: EntityManagerFactory | undefined;
  /** Default: the global fetch. */
  readonly fetch?: Fetch | undefined;
}

type Given = 'name' | 'operations' | 'store' | 'bus' | 'instance' | 'createTopics' | 'entityManager';

/** Options with every default in place. */
export type CompiledOptions = Pick<ParticipantOptions, Given> & {
  readonly [K in Exclude<keyof ParticipantOptions, Given | 'topicPrefix'>]-?: NonNullable<
    ParticipantOptions[K]
  >;
} & { readonly topics: Topics };

const DAY_MS = 24 * 3_600_000;

export function compileOptions(options: ParticipantOptions): CompiledOptions {
  return {
    ...options,
    topics: topicNames(options.topicPrefix ?? 'concordat'),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: (options.log ?? silentLog).child({ participant: options.name }),
    metrics: options.metrics ?? noMetrics,
    faults: options.faults ?? noFaultPoints,
    concurrency: options.concurrency ?? 10,
    inquireAfterMs: options.inquireAfterMs ?? 10_000,
    alarmAfterMs: options.alarmAfterMs ?? 60_000,
    coordinatorUrls: options.coordinatorUrls ?? [],
    helloEveryMs: options.helloEveryMs ?? 3_000,
    retentionMs: options.retentionMs ?? 14 * DAY_MS,
    collectEveryMs: options.collectEveryMs ?? 600_000,
    drainMs: options.drainMs ?? 5_000,
    fetch: options.fetch ?? globalThis.fetch,
  };
}
