/** Apps run as one process each, are ended by whoever started them, and never outlive it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { startApp, startCluster, temporaryDirectory, type AppProcess, type TemporaryDirectory } from '#stack';
import { spawnChild } from '../../tools/stack/processes/child.js';
import { REAPER_SCRIPT } from '../../tools/stack/processes/reaper.js';

jest.setTimeout(60_000);

const script = fileURLToPath(new URL('fixtures/app.mjs', import.meta.url));
const started: AppProcess[] = [];
let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = await temporaryDirectory('apps');
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.kill9()));
});

afterAll(() => directory?.remove());

async function start(env: Record<string, string> = {}): Promise<AppProcess> {
  const app = await startApp('payments', { env, script });
  started.push(app);
  return app;
}

const environmentOf = async (app: AppProcess): Promise<Record<string, string>> =>
  (await (await fetch(app.url, { headers: { connection: 'close' } })).json()) as Record<string, string>;

describe('an app', () => {
  it('gets the settings given and none of the surroundings', async () => {
    process.env['CONCORDAT_STRAY'] = 'from the shell';
    const app = await start({ CONCORDAT_TOPIC_PREFIX: 'mine' });
    await app.ready();

    const seen = await environmentOf(app);

    delete process.env['CONCORDAT_STRAY'];
    expect(seen).toMatchObject({ CONCORDAT_TOPIC_PREFIX: 'mine', PORT: String(app.port) });
    expect(seen).not.toHaveProperty('CONCORDAT_STRAY');
  });

  it('ends by itself when it is asked to stop', async () => {
    const app = await start();
    await app.ready();
    expect(await app.stop()).toEqual({ code: 0, signal: null });
    expect(app.exit).toEqual({ code: 0, signal: null });
  });

  it('ends gracefully also when it was paused', async () => {
    const app = await start();
    await app.ready();
    app.pause();
    expect(await app.stop()).toEqual({ code: 0, signal: null });
  });

  it('dies at once by kill9', async () => {
    const app = await start();
    await app.ready();
    expect(await app.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('that ends before it is ready shows the end of its log', async () => {
    const app = await start({ CONCORDAT_FAULT_POINT: 'any' });
    await expect(app.ready()).rejects.toThrow(/code 3\)\n[^]*the settings are wrong/);
  });
});

describe('a cluster', () => {
  const made: string[] = [];
  const postgres = {
    url: (database: string, role?: string) => `postgres://${role}@db/${database}`,
    createDatabase: async (name: string) => void made.push(name),
  };
  const options = () => ({
    kafka: { brokers: 'b:1' },
    postgres,
    dir: directory.path,
    topicPrefix: 't',
    script,
  });

  it('starts every app on its own database and port, and starts one again under its name', async () => {
    const cluster = await startCluster({ ...options(), coordinators: 2, inventory: 0 });

    try {
      expect(cluster.names).toEqual([
        'coordinator-1',
        'coordinator-2',
        'watchdog-1',
        'orders-1',
        'payments-1',
      ]);
      expect(made).toEqual(['concordat', 'orders', 'inventory', 'payments']);
      expect(await environmentOf(cluster.app('watchdog-1'))).toMatchObject({
        DATABASE_URL: 'postgres://concordat@db/concordat',
        KAFKA_BROKERS: 'b:1',
        CONCORDAT_COORDINATOR_URL: `${cluster.urls['coordinator-1']},${cluster.urls['coordinator-2']}`,
      });

      const killed = cluster.app('payments-1');
      await killed.kill9();
      const again = await cluster.restart('payments-1');
      expect(again.pid).not.toBe(killed.pid);
      expect(again.port).toBe(killed.port);
    } finally {
      const ends = await cluster.stopAll();
      expect(Object.values(ends)).toEqual(cluster.names.map(() => ({ code: 0, signal: null })));
    }
  });

  it('that cannot start ends everything and names the app that failed', async () => {
    const appEnv = { 'orders-1': { CONCORDAT_FAULT_POINT: 'any' } };
    await expect(startCluster({ ...options(), appEnv })).rejects.toThrow(/orders[^]*the settings are wrong/);
  });
});

describe('the reaper', () => {
  it('ends the children still watched when its pipe closes, and only those', async () => {
    const sleeper = () =>
      spawnChild({ command: 'sleep', args: ['600'], env: process.env, output: {}, lastSignal: 'KILL' });
    const [watched, forgotten] = await Promise.all([sleeper(), sleeper()]);
    const reaper = spawn('sh', ['-c', REAPER_SCRIPT], { stdio: ['pipe', 'ignore', 'inherit'] });
    reaper.stdin.write(
      `watch KILL:${watched.pid}\nwatch KILL:${forgotten.pid}\nforget KILL:${forgotten.pid}\n`,
    );

    // What happens when the process that holds the other end dies, by whatever cause.
    reaper.stdin.end();
    await once(reaper, 'exit');

    expect(await watched.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(forgotten.exit).toBeUndefined();
    forgotten.signal('SIGKILL');
    await forgotten.exited;
  });
});

describe('the log of an app', () => {
  it('goes to its file without passing through the starter', async () => {
    const logFile = path.join(directory.path, 'one', 'payments.log');
    const app = await startApp('payments', { env: { CONCORDAT_FAULT_POINT: 'any' }, script, logFile });
    expect(await app.exited).toEqual({ code: 3, signal: null });
    expect(await readFile(logFile, 'utf8')).toBe('payments: the settings are wrong\n');
    expect(app.logTail()).toContain('the settings are wrong');
  });
});
