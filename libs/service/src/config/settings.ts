import { z } from 'zod';
import { LogLevel } from '#observability';
import { TOPIC_PREFIX } from '#wire';
import {
  commaList,
  databasesByName,
  faultSetting,
  flag,
  hostAndPort,
  httpUrl,
  postgresUrl,
  wholeNumber,
} from './parsers.js';

/** What the reader of the configuration table needs to know of a setting. */
export interface SettingNote {
  /** As shown; '' = none. */
  readonly default: string;
  /** '' = it has none. */
  readonly unit: string;
  /** What it decides, and what follows from choosing it badly. */
  readonly consequence: string;
}

export const settingNotes = z.registry<SettingNote>();

/** An absent value stays absent; `shown` tells the reader what then holds. */
function optional<S extends z.ZodType>(schema: S, shown: string, unit: string, consequence: string) {
  const setting = schema.optional();
  settingNotes.add(setting, { default: shown, unit, consequence });
  return setting;
}

/** An absent value becomes `fallback`. */
function defaulted<S extends z.ZodType>(
  schema: S,
  fallback: z.util.NoUndefined<z.output<S>>,
  unit: string,
  consequence: string,
) {
  const setting = schema.default(fallback);
  settingNotes.add(setting, { default: String(fallback), unit, consequence });
  return setting;
}

const HOUR_MS = 3_600_000;
const id = z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, 'must be 1 to 128 of A-Z a-z 0-9 _ . -');

/** Every environment name an app knows (api.md §1). An empty value is an absent one. */
export const settingsSchema = z.object({
  DATABASE_URL: optional(
    postgresUrl, 'required', 'URL',
    'The PostgreSQL database of the app; the watchdog takes the coordinator\'s. Its role must own the prepared transactions of the participant.',
  ),
  KAFKA_BROKERS: optional(
    commaList(hostAndPort), 'required', 'host:port, comma list',
    'Where Kafka is. One living broker of the list is enough to start. Only `dev` runs without: it brings its own broker.',
  ),
  KAFKA_SSL: defaulted(flag, false, 'true, false', 'Speak TLS to the brokers. Without it passwords and payloads cross the network in clear.'),
  KAFKA_SASL_MECHANISM: optional(
    z.enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512'), '', 'name',
    'How to log in to the brokers; together with user name and password, or none of the three.',
  ),
  KAFKA_SASL_USERNAME: optional(z.string(), '', '', 'User name at the brokers.'),
  KAFKA_SASL_PASSWORD: optional(z.string(), '', '', 'Password at the brokers; never logged.'),
  PORT: optional(
    wholeNumber(0, 65_535), 'by app: coordinator 7300, watchdog 7301, orders 7310, inventory 7320, payments 7330', 'TCP port',
    'Where HTTP is served; 0 takes a free one and logs it. `dev` ignores it.',
  ),
  HOST: defaulted(
    z.string().regex(/^[A-Za-z0-9_.:-]+$/, 'must be an address or a host name'), '127.0.0.1', 'address',
    'Which interface listens. 0.0.0.0 (as containers need) opens the API, recovery included, to everybody who can reach it.',
  ),
  CONCORDAT_INSTANCE_ID: optional(
    id, 'app, host name and process id', '',
    'Name of this process in heartbeats, logs and audit. Two living processes of one name take each other\'s work.',
  ),
  CONCORDAT_TOPIC_PREFIX: defaulted(
    z.string().regex(TOPIC_PREFIX, 'must be 1 to 100 of A-Z a-z 0-9 _ . -, a letter or digit first'), 'concordat', '',
    'Begin of every topic and group name. Apps meet only under the same prefix.',
  ),
  CONCORDAT_PARTITIONS: defaulted(
    wholeNumber(1, 1000), 12, 'partitions',
    'Partitions of the topics that are created; existing topics keep theirs. At most so many instances share the work of one topic.',
  ),
  CONCORDAT_REPLICATION: optional(
    wholeNumber(1, 15), 'number of brokers named, at most 3', 'copies',
    'Copies of each record in topics that are created. With 1, losing a broker\'s disk loses messages (they are re-sent, but later).',
  ),
  CONCORDAT_PREPARE_TIMEOUT_MS: defaulted(
    wholeNumber(10, HOUR_MS), 5000, 'ms',
    'Time for all votes where a request names none. Shorter aborts slow participants; longer holds locks of the quick ones.',
  ),
  CONCORDAT_SAGA_TIMEOUT_MS: defaulted(
    wholeNumber(1000, 30 * 24 * HOUR_MS), 900_000, 'ms',
    'Time for a saga to reach its pivot or end; after it, it is compensated.',
  ),
  CONCORDAT_INQUIRE_AFTER_MS: defaulted(
    wholeNumber(100, HOUR_MS), 10_000, 'ms',
    'How long a participant waits in doubt before it asks. Shorter asks needlessly; longer holds locks after a lost message.',
  ),
  CONCORDAT_SCAN_INTERVAL_MS: defaulted(
    wholeNumber(10, 60_000), 500, 'ms',
    'How often overdue work is looked for. Over 1000 the promise to recover within 3 s of a crash is gone.',
  ),
  CONCORDAT_COORDINATOR_URL: optional(
    commaList(httpUrl), '', 'URL, comma list',
    'Coordinators that participants ask for outcomes when Kafka is silent, and that TransactionClient submits to. Without it both use Kafka alone.',
  ),
  CONCORDAT_PARTICIPANT_DATABASES: optional(
    databasesByName, '', 'name=URL, comma list',
    'Watchdog only: databases (in the participant\'s role) where it ends prepared transactions of a participant that is down. Without it their locks wait for the participant.',
  ),
  CONCORDAT_DRAIN_TIMEOUT_MS: defaulted(
    wholeNumber(0, 600_000), 10_000, 'ms',
    'How long a stopping app waits for requests and work under way. Keep it below the grace period of whatever sends SIGTERM.',
  ),
  LOG_LEVEL: defaulted(
    z.enum(LogLevel, `must be one of ${Object.values(LogLevel).join(', ')}`), 'info', '',
    'Least level that is logged. debug writes every message and request.',
  ),
  CONCORDAT_FAULT_POINT: optional(
    faultSetting, '', 'point:kill or pause[:nth], or file:path',
    'Tests only: the process kills or stops itself at a named point; the file, where one is named, holds it and may come later. Refused when NODE_ENV is production.',
  ),
}); // prettier-ignore

export type Settings = z.output<typeof settingsSchema>;
export type SettingName = keyof Settings;
export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];
