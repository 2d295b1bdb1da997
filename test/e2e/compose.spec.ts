/**
 * docker-compose.yml starts what it says. There is no container engine where tests run, so its services run as
 * local processes: their own commands, settings and health checks, on addresses of this machine (compose/).
 */
import { spawnSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { temporaryDirectory, type TemporaryDirectory } from '#stack';
import { portFaults } from './compose/addresses.js';
import { describes, documentedCalls } from './compose/documented-calls.js';
import { readComposeFile, readText } from './compose/file.js';
import { Shop } from './compose/shop.js';
import { ComposeSystem } from './compose/system.js';
import { ROOT } from '../architecture/tree.js';

jest.setTimeout(180_000);

const text = readText(ROOT, 'docker-compose.yml');
const file = readComposeFile(text);

describe('docker-compose.yml', () => {
  it('is accepted by docker-compose', () => {
    const { status, stderr, error } = spawnSync(
      'docker-compose',
      ['-f', 'docker-compose.yml', 'config', '-q'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );

    expect({ status, stderr, error }).toEqual({ status: 0, stderr: '', error: undefined });
  });

  it('has two coordinators, two watchdogs and each example service', () => {
    const commands = [...file.apps].map(([name, { command }]) => `${name}: ${command[2]}`);

    expect(commands).toEqual([
      'coordinator-1: coordinator',
      'coordinator-2: coordinator',
      'watchdog-1: watchdog',
      'watchdog-2: watchdog',
      'orders: orders',
      'inventory: inventory',
      'payments: payments',
    ]);
  });

  it('publishes only ports on which something listens, each once', () => {
    expect(portFaults(file)).toEqual([]);
  });

  it.each([
    ['an unknown key of a service', text.replace('read_only: true', 'read_only: true\n  pid: host')],
    ['an unknown top-level key', `${text}\nsecrets: {}\n`],
    ['a port open to the network', text.replace('127.0.0.1:7300:7300', '7300:7300')],
    ['an image without a release', text.replace(/postgres:18\.\d+/, 'postgres:latest')],
  ])('is not understood with %s', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(() => readComposeFile(changed)).toThrow();
  });
});

describe('the system that docker-compose.yml describes', () => {
  let directory: TemporaryDirectory;
  let system: ComposeSystem;
  let shop: Shop;

  beforeAll(async () => {
    directory = await temporaryDirectory('compose');
    system = await ComposeSystem.of(file, { root: ROOT, dir: directory.path });
    await system.up();
    shop = new Shop({
      orders: system.url('orders'),
      inventory: system.url('inventory'),
      payments: system.url('payments'),
    });
    await shop.stock('tea', 100);
    await shop.account('alice', 10_000);
  });

  afterAll(async () => {
    await system?.down();
    await directory?.remove();
  });

  it.each([['2pc'], ['saga']])('confirms a %s order and moves stock and money once', async (mode) => {
    const [tea, money] = [await shop.onHand('tea'), await shop.balance('alice')];

    const order = await shop.order({
      account: 'alice',
      lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }],
      mode,
    });

    expect(order).toMatchObject({ status: 'CONFIRMED', reason: null });
    expect(await shop.onHand('tea')).toBe(tea - 2);
    expect(await shop.balance('alice')).toBe(money - 900);
  });

  it('rejects what there is no money for, and moves nothing', async () => {
    const [tea, money] = [await shop.onHand('tea'), await shop.balance('alice')];

    const order = await shop.order({
      account: 'alice',
      lines: [{ sku: 'tea', quantity: 1, unitPrice: 1_000_000 }],
    });

    expect(order).toMatchObject({ status: 'REJECTED', reason: 'INSUFFICIENT_FUNDS' });
    expect(await shop.onHand('tea')).toBe(tea);
    expect(await shop.balance('alice')).toBe(money);
  });

  it.each(['README.md', 'docs/runbook.md'])('offers every call of %s', async (path) => {
    const missing: unknown[] = [];
    for (const call of documentedCalls(ROOT, path)) {
      const answer = await fetch(`${system.url(call.app)}/openapi.json`);
      if (!describes((await answer.json()) as Parameters<typeof describes>[0], call)) missing.push(call);
    }

    expect(missing).toEqual([]);
  });

  it('ends by itself within its grace period when it is asked to', async () => {
    const exits = await system.stopApps();

    const clean = Object.fromEntries([...file.apps.keys()].map((name) => [name, { code: 0, signal: null }]));
    expect(exits).toEqual(clean);
  });
});
