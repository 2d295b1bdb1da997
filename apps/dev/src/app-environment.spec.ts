import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '#service';
import { DEV_APPS, appEnvironment, type DevPlan } from './app-environment.js';

const plan: DevPlan = { portOffset: 100, databaseUrl: (name) => `postgres://${name}@127.0.0.1:5432/${name}` };

describe('the environment of an app in the all-in-one', () => {
  it('is one that the app accepts', () => {
    const ports = DEV_APPS.map(
      (app) => loadConfig(app, appEnvironment(app, {}, plan), { embeddedBroker: true }).port,
    );
    expect(ports).toEqual([7400, 7401, 7410, 7420, 7430]);
  });

  it('ignores database, port and broker of the shell, which are meant for something else', () => {
    const shell = {
      DATABASE_URL: 'postgres://elsewhere/db',
      PORT: '1',
      KAFKA_BROKERS: 'kafka:9092',
      LOG_LEVEL: 'warn',
    };
    const env = appEnvironment('orders', shell, plan);
    expect(env).toMatchObject({ DATABASE_URL: plan.databaseUrl('orders'), PORT: '7410', LOG_LEVEL: 'warn' });
    expect(env['KAFKA_BROKERS']).toBeUndefined();
  });

  it('gives each app a name of its own, also when the shell names one', () => {
    const names = DEV_APPS.map(
      (app) => appEnvironment(app, { CONCORDAT_INSTANCE_ID: 'me' }, plan)['CONCORDAT_INSTANCE_ID'],
    );
    expect(new Set(names).size).toBe(DEV_APPS.length);
  });

  it('gives the watchdog the databases of all participants', () => {
    const config = loadConfig('watchdog', appEnvironment('watchdog', {}, plan), { embeddedBroker: true });
    expect(Object.keys(config.participantDatabases)).toEqual(['orders', 'inventory', 'payments']);
  });
});
