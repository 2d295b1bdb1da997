import { hostname } from 'node:os';
import type { LogLevel } from '#observability';
import { ConfigError, type ConfigFault } from './config-error.js';
import { SETTING_NAMES, type Settings, settingsSchema } from './settings.js';

/** The processes that are configured, with the port each has by default. */
export const DEFAULT_PORTS = {
  coordinator: 7300,
  watchdog: 7301,
  orders: 7310,
  inventory: 7320,
  payments: 7330,
  migrate: 0,
} as const;
export type AppName = keyof typeof DEFAULT_PORTS;

export interface KafkaLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** What an app runs with: read once at start, frozen. Times in ms. */
export interface Config {
  readonly app: AppName;
  readonly instanceId: string;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly databaseUrl: string;
  /** Empty only where the broker is embedded, and for `migrate`. */
  readonly kafkaBrokers: readonly string[];
  readonly kafkaSsl: boolean;
  readonly kafkaLogin: KafkaLogin | null;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly replication: number;
  readonly prepareTimeoutMs: number;
  readonly sagaTimeoutMs: number;
  readonly inquireAfterMs: number;
  readonly scanIntervalMs: number;
  readonly drainTimeoutMs: number;
  /** Without trailing slash; may be empty. */
  readonly coordinatorUrls: readonly string[];
  /** By participant name; watchdog only. */
  readonly participantDatabases: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  /** CONCORDAT_FAULT_POINT, already checked; null in normal life. */
  readonly faultPoint: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadOptions {
  /** The all-in-one brings its own broker: KAFKA_BROKERS may be absent. */
  readonly embeddedBroker?: boolean;
}

/**
 * Reads the settings of `app` from `env` (usually process.env). Throws one ConfigError that lists every fault.
 * The all-in-one calls it once an app, with DATABASE_URL and PORT of that app put into `env`.
 */
export function loadConfig(app: AppName, env: Environment, options: LoadOptions = {}): Config {
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, env[name] || undefined]));
  const parsed = settingsSchema.safeParse(given);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => ({ name: String(issue.path[0]), detail: issue.message })),
    ...unknownNames(env),
    ...missing(app, given, options),
    ...conflicts(given, env),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return compile(app, parsed.data);
}

type Given = Readonly<Record<string, string | undefined>>;

/** A name misspelt is a setting ignored: refuse it. */
function unknownNames(env: Environment): ConfigFault[] {
  const known = new Set<string>(SETTING_NAMES);
  return Object.keys(env)
    .filter((name) => name.startsWith('CONCORDAT_') && !known.has(name))
    .map((name) => ({
      name,
      detail: 'is no setting of Concordat; see the configuration table of the README',
    }));
}

function missing(app: AppName, given: Given, { embeddedBroker = false }: LoadOptions): ConfigFault[] {
  const needsBroker = app !== 'migrate' && !embeddedBroker;
  return [
    ...(given['DATABASE_URL'] ? [] : [{ name: 'DATABASE_URL', detail: 'is required' }]),
    ...(given['KAFKA_BROKERS'] || !needsBroker
      ? []
      : [{ name: 'KAFKA_BROKERS', detail: 'is required (only `concordat dev` brings its own broker)' }]),
  ];
}

const LOGIN = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;

function conflicts(given: Given, env: Environment): ConfigFault[] {
  const absent = LOGIN.filter((name) => !given[name]);
  const half = absent.length > 0 && absent.length < LOGIN.length;
  const faultInProduction = given['CONCORDAT_FAULT_POINT'] && env['NODE_ENV'] === 'production';
  return [
    ...(half
      ? absent.map((name) => ({ name, detail: 'is required together with the other KAFKA_SASL_ settings' }))
      : []),
    ...(faultInProduction
      ? [{ name: 'CONCORDAT_FAULT_POINT', detail: 'is for tests: refused when NODE_ENV=production' }]
      : []),
  ];
}

function compile(app: AppName, settings: Settings): Config {
  const brokers = Object.freeze(settings.KAFKA_BROKERS ?? []);
  return Object.freeze({
    app,
    instanceId: settings.CONCORDAT_INSTANCE_ID ?? defaultInstanceId(app),
    host: settings.HOST,
    port: settings.PORT ?? DEFAULT_PORTS[app],
    databaseUrl: settings.DATABASE_URL ?? '',
    kafkaBrokers: brokers,
    kafkaSsl: settings.KAFKA_SSL,
    kafkaLogin: login(settings),
    topicPrefix: settings.CONCORDAT_TOPIC_PREFIX,
    partitions: settings.CONCORDAT_PARTITIONS,
    replication: settings.CONCORDAT_REPLICATION ?? Math.min(3, Math.max(1, brokers.length)),
    prepareTimeoutMs: settings.CONCORDAT_PREPARE_TIMEOUT_MS,
    sagaTimeoutMs: settings.CONCORDAT_SAGA_TIMEOUT_MS,
    inquireAfterMs: settings.CONCORDAT_INQUIRE_AFTER_MS,
    scanIntervalMs: settings.CONCORDAT_SCAN_INTERVAL_MS,
    drainTimeoutMs: settings.CONCORDAT_DRAIN_TIMEOUT_MS,
    coordinatorUrls: Object.freeze(settings.CONCORDAT_COORDINATOR_URL ?? []),
    participantDatabases: settings.CONCORDAT_PARTICIPANT_DATABASES ?? Object.freeze({}),
    logLevel: settings.LOG_LEVEL,
    faultPoint: settings.CONCORDAT_FAULT_POINT ?? null,
  });
}

function login(settings: Settings): KafkaLogin | null {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = settings;
  if (mechanism === undefined || username === undefined || password === undefined) return null;
  return Object.freeze({ mechanism, username, password });
}

/** Unique among living processes, also where several apps share one (the all-in-one) or every pid is 1 (containers). */
function defaultInstanceId(app: AppName): string {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 80);
  return `${app}-${host}-${process.pid}`;
}
