/** The built all-in-one: one order ends CONFIRMED, survives kill -9, and a stop leaves nothing behind. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startApp, temporaryDirectory, type AppProcess, type TemporaryDirectory } from '#stack';

/** The ports of the apps, counted from the coordinator's. */
const PORTS = { coordinator: 0, watchdog: 1, orders: 10, inventory: 20, payments: 30 } as const;
const DEFAULT_COORDINATOR_PORT = 7300;
const STARTS_WITHIN_MS = 60_000;
import { eventually } from '../support/eventually.js';

let directory: TemporaryDirectory;
let base: number;
let dev: AppProcess;

const urlOf = (app: keyof typeof PORTS): string => `http://127.0.0.1:${base + PORTS[app]}`;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port from which on every app finds its own free. */
async function freeBase(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const free = await Promise.all(Object.values(PORTS).map((offset) => isFree(port + offset)));
    if (!free.includes(false)) return port;
  }
}

/** Started where its data shall lie; ready when its last app is and the welcome was printed. */
async function startDev(): Promise<AppProcess> {
  const app = await startApp('dev', {
    args: ['--port-offset', String(base - DEFAULT_COORDINATOR_PORT)],
    cwd: directory.path,
    // The all-in-one ignores PORT: it says where readiness is asked.
    env: { PORT: String(base), LOG_LEVEL: 'info' },
  });
  await eventually(
    () => app.logTail().includes('Concordat is ready') || app.exit !== undefined,
    STARTS_WITHIN_MS,
  );
  expect(app.exit).toBeUndefined();
  await app.ready();
  return app;
}

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

const order = { account: 'alice', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };
interface Placed {
  readonly orderId: string;
  readonly transactionId: string;
}

async function placeOrder(): Promise<Placed> {
  const response = await fetch(`${urlOf('orders')}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as Placed;
}

const statusOf = async (orderId: string): Promise<string> =>
  (await get<{ status: string }>(`${urlOf('orders')}/orders/${orderId}`)).status;
const tea = () => get(`${urlOf('inventory')}/stock/tea`);
const alice = () => get(`${urlOf('payments')}/accounts/alice`);

const postmasterPid = (): number =>
  Number(
    readFileSync(path.join(directory.path, '.concordat', 'postgres', 'postmaster.pid'), 'utf8').split(
      '\n',
    )[0],
  );

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

beforeAll(async () => {
  directory = await temporaryDirectory('dev');
  base = await freeBase();
  dev = await startDev();
});

afterAll(async () => {
  await dev?.stop();
  await directory?.remove();
});

describe('the all-in-one', () => {
  it('carries an order through, across three databases', async () => {
    expect([await tea(), await alice()]).toMatchObject([{ available: 100 }, { balance: 10_000 }]);

    const { orderId, transactionId } = await placeOrder();
    await eventually(async () => (await statusOf(orderId)) !== 'PENDING');

    expect(await statusOf(orderId)).toBe('CONFIRMED');
    expect([await tea(), await alice()]).toMatchObject([{ onHand: 98, available: 98 }, { balance: 9_100 }]);
    expect(await get(`${urlOf('coordinator')}/v1/transactions/${transactionId}`)).toMatchObject({
      outcome: 'committed',
    });
  });

  it('is what it was after kill -9 and a new start, and goes on', async () => {
    await dev.kill9();
    dev = await startDev();

    expect([await tea(), await alice()]).toMatchObject([{ onHand: 98 }, { balance: 9_100 }]);
    const { orderId } = await placeOrder();
    await eventually(async () => (await statusOf(orderId)) === 'CONFIRMED');
    expect([await tea(), await alice()]).toMatchObject([{ onHand: 96 }, { balance: 8_200 }]);
  });

  it('recovers an order that was under way when it was killed', async () => {
    const { orderId } = await placeOrder();
    await dev.kill9();
    dev = await startDev();

    await eventually(async () => (await statusOf(orderId)) !== 'PENDING');
    const sold = (await statusOf(orderId)) === 'CONFIRMED' ? 3 : 2;
    expect([await tea(), await alice()]).toMatchObject([
      { onHand: 100 - 2 * sold, reserved: 0 },
      { balance: 10_000 - 900 * sold, held: 0 },
    ]);
    const { items } = await get<{ items: unknown[] }>(`${urlOf('coordinator')}/v1/recovery/in-doubt`);
    expect(items).toEqual([]);
  });

  it('ends on SIGTERM, with its database', async () => {
    const postmaster = postmasterPid();

    const exit = await dev.stop();

    expect(exit).toEqual({ code: 0, signal: null });
    expect(isAlive(postmaster)).toBe(false);
  });
});
