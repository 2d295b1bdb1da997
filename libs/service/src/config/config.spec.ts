import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './config.js';
import { ConfigError } from './config-error.js';
import { configTable } from './config-table.js';
import { SETTING_NAMES } from './settings.js';

const good = { DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/db', KAFKA_BROKERS: 'a:9092, b:9092' };

function faultsOf(run: () => unknown): Record<string, string> {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError)
      return Object.fromEntries(error.faults.map(({ name, detail }) => [name, detail]));
    throw error;
  }
  return {};
}

describe('the configuration', () => {
  it('has the defaults of the contract', () => {
    expect(loadConfig('watchdog', good)).toEqual({
      app: 'watchdog',
      instanceId: expect.stringMatching(new RegExp(`^watchdog-.*-${process.pid}$`)),
      host: '127.0.0.1',
      port: 7301,
      databaseUrl: good.DATABASE_URL,
      kafkaBrokers: ['a:9092', 'b:9092'],
      kafkaSsl: false,
      kafkaLogin: null,
      topicPrefix: 'concordat',
      partitions: 12,
      replication: 2,
      prepareTimeoutMs: 5000,
      sagaTimeoutMs: 900_000,
      inquireAfterMs: 10_000,
      scanIntervalMs: 500,
      drainTimeoutMs: 10_000,
      coordinatorUrls: [],
      participantDatabases: {},
      logLevel: 'info',
      faultPoint: null,
    });
  });

  it('reads what is set', () => {
    const config = loadConfig('payments', {
      ...good,
      PORT: '0',
      HOST: '0.0.0.0',
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      CONCORDAT_COORDINATOR_URL: 'http://a:7300/,http://b:7300',
      CONCORDAT_PARTICIPANT_DATABASES: 'payments=postgres://p@h/p?x=1,stock=postgres://s@h/s',
      CONCORDAT_FAULT_POINT: 'C5:kill:2',
      LOG_LEVEL: 'debug',
    });
    expect(config).toMatchObject({
      port: 0,
      host: '0.0.0.0',
      kafkaSsl: true,
      kafkaLogin: { mechanism: 'plain', username: 'u', password: 'p' },
      coordinatorUrls: ['http://a:7300', 'http://b:7300'],
      participantDatabases: { payments: 'postgres://p@h/p?x=1', stock: 'postgres://s@h/s' },
      faultPoint: 'C5:kill:2',
      logLevel: 'debug',
    });
  });

  it('is frozen', () => {
    const config = loadConfig('coordinator', good);
    expect(Object.isFrozen(config) && Object.isFrozen(config.kafkaBrokers)).toBe(true);
  });

  it('lists every fault at once, and repeats no value', () => {
    const secret = 'hunter2';
    const run = (): unknown =>
      loadConfig('coordinator', {
        DATABASE_URL: `mysql://root:${secret}@h/db`,
        PORT: '70000',
        LOG_LEVEL: 'loud',
        KAFKA_SASL_USERNAME: secret,
        CONCORDAT_PARTITION: '3',
        CONCORDAT_PREPARE_TIMEOUT_MS: '5s',
        CONCORDAT_PARTICIPANT_DATABASES: `payments=${secret}`,
        CONCORDAT_FAULT_POINT: 'C99:kill',
      });
    expect(Object.keys(faultsOf(run)).sort()).toEqual([
      'CONCORDAT_FAULT_POINT',
      'CONCORDAT_PARTICIPANT_DATABASES',
      'CONCORDAT_PARTITION',
      'CONCORDAT_PREPARE_TIMEOUT_MS',
      'DATABASE_URL',
      'KAFKA_BROKERS',
      'KAFKA_SASL_MECHANISM',
      'KAFKA_SASL_PASSWORD',
      'LOG_LEVEL',
      'PORT',
    ]);
    expect(JSON.stringify(faultsOf(run))).not.toContain(secret);
  });

  it('refuses an armed fault point in production', () => {
    const env = { ...good, CONCORDAT_FAULT_POINT: 'C5:kill', NODE_ENV: 'production' };
    expect(faultsOf(() => loadConfig('coordinator', env))).toEqual({
      CONCORDAT_FAULT_POINT: 'is for tests: refused when NODE_ENV=production',
    });
  });

  it('takes an empty value for an absent one', () => {
    expect(loadConfig('coordinator', { ...good, PORT: '', CONCORDAT_FAULT_POINT: '' })).toMatchObject({
      port: 7300,
    });
    expect(faultsOf(() => loadConfig('coordinator', { ...good, KAFKA_BROKERS: '' }))).toHaveProperty(
      'KAFKA_BROKERS',
    );
  });

  it('asks for a broker only where one is needed', () => {
    const { DATABASE_URL } = good;
    expect(loadConfig('migrate', { DATABASE_URL })).toMatchObject({ kafkaBrokers: [] });
    expect(loadConfig('orders', { DATABASE_URL }, { embeddedBroker: true })).toMatchObject({
      replication: 1,
    });
  });
});

it('the configuration table has a row for every setting', () => {
  const rows = configTable().split('\n').slice(2);
  expect(rows.map((row) => row.split('`')[1])).toEqual(SETTING_NAMES);
});
