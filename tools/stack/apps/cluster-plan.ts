import type { Kafka } from '../kafka/start-kafka.js';
import type { Postgres } from '../postgres/server.js';

/** Every kind of app, in the order in which their ports are counted. */
export const APP_KINDS = ['coordinator', 'watchdog', 'orders', 'inventory', 'payments'] as const;
export type AppKind = (typeof APP_KINDS)[number];

/** The kinds that take part in transactions with a database of their own. */
const PARTICIPANTS = ['orders', 'inventory', 'payments'] as const satisfies readonly AppKind[];

export interface ClusterOptions {
  kafka: Pick<Kafka, 'brokers'>;
  postgres: Pick<Postgres, 'url' | 'createDatabase'>;
  /** Where the apps' logs go: `<dir>/<name>.log`. */
  dir: string;
  /** Number of processes of each kind. Default 1; 0 starts none. */
  coordinators?: number;
  watchdogs?: number;
  orders?: number;
  inventory?: number;
  payments?: number;
  /** Prefix of all topics. Give each cluster on a shared broker its own. */
  topicPrefix: string;
  /** Put before the names of the databases, for several clusters on one PostgreSQL. Default none. */
  databasePrefix?: string;
  /** Settings of every app. */
  env?: Record<string, string | undefined>;
  /** Settings of one kind ("payments") or of one process ("payments-2"); the narrower wins. */
  appEnv?: Record<string, Record<string, string | undefined>>;
  /** Port of the first process of a kind. Default: free ones. */
  ports?: Partial<Record<AppKind, number>>;
  /** Give the watchdogs the participants' databases, so that they resolve what a dead participant holds. Default true. */
  watchdogResolves?: boolean;
  /** For all apps together. Default 90 s. */
  readyTimeoutMs?: number;
  /** Gets every line the apps print, instead of log files in `dir`. */
  onLine?: (name: string, line: string) => void;
  /** The program to run instead of bin/concordat.mjs. */
  script?: string;
}

/** One process to start. */
export interface PlannedApp {
  /** "<kind>-<number from 1>" */
  name: string;
  kind: AppKind;
  port: number;
}

/** The database of an app; the watchdog works on the coordinator's. */
const databaseOf = (kind: AppKind): string =>
  kind === 'coordinator' || kind === 'watchdog' ? 'concordat' : kind;

export const databaseName = (options: ClusterOptions, kind: AppKind): string =>
  `${options.databasePrefix ?? ''}${databaseOf(kind)}`;

/** Each database has one role that owns it and its prepared transactions, the same on every instance. */
export const databaseUrlOf = (options: ClusterOptions, kind: AppKind): string => {
  const name = databaseName(options, kind);
  return options.postgres.url(name, name);
};

export function countOf(options: ClusterOptions, kind: AppKind): number {
  if (kind === 'coordinator') return options.coordinators ?? 1;
  if (kind === 'watchdog') return options.watchdogs ?? 1;
  return options[kind] ?? 1;
}

function participantDatabases(options: ClusterOptions): string | undefined {
  if (options.watchdogResolves === false) return undefined;
  return PARTICIPANTS.map((kind) => `${kind}=${databaseUrlOf(options, kind)}`).join(',');
}

/** The settings of one process (api.md, "Environment"). */
export function settingsOf(
  app: PlannedApp,
  all: readonly PlannedApp[],
  options: ClusterOptions,
): Record<string, string | undefined> {
  const coordinators = all.filter(({ kind }) => kind === 'coordinator');
  return {
    KAFKA_BROKERS: options.kafka.brokers,
    DATABASE_URL: databaseUrlOf(options, app.kind),
    PORT: String(app.port),
    HOST: '127.0.0.1',
    CONCORDAT_TOPIC_PREFIX: options.topicPrefix,
    CONCORDAT_REPLICATION: String(Math.min(3, options.kafka.brokers.split(',').length)),
    CONCORDAT_COORDINATOR_URL:
      coordinators.map(({ port }) => `http://127.0.0.1:${port}`).join(',') || undefined,
    CONCORDAT_PARTICIPANT_DATABASES: app.kind === 'watchdog' ? participantDatabases(options) : undefined,
    ...options.env,
    ...options.appEnv?.[app.kind],
    ...options.appEnv?.[app.name],
  };
}
