import path from 'node:path';
import pg from 'pg';
import { startInventory } from '../../../apps/inventory/src/index.js';
import { startOrders } from '../../../apps/orders/src/index.js';
import { startPayments } from '../../../apps/payments/src/index.js';
import { createEmbeddedBroker, type EmbeddedBroker } from '#messaging';
import type { RunningParticipantApp } from '#service/nest';
import { type Postgres, startPostgres, temporaryDirectory } from '#stack';

const STARTERS = { orders: startOrders, inventory: startInventory, payments: startPayments } as const;
export type ServiceName = keyof typeof STARTERS;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The body of an answer is what the tests are about.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** One PostgreSQL with a database and a role for each service, an embedded broker, and services in this process. */
export interface ServicesWorld {
  readonly broker: EmbeddedBroker;
  readonly postgres: Postgres;
  databaseUrl(name: string): string;
  start(name: ServiceName, env?: Record<string, string>): Promise<RunningParticipantApp>;
  ask(
    name: ServiceName,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  query<R extends pg.QueryResultRow>(name: string, text: string, values?: unknown[]): Promise<R[]>;
  stop(): Promise<void>;
}

/** @param slots max_prepared_transactions */
export async function startServicesWorld(slots = 64): Promise<ServicesWorld> {
  const directory = await temporaryDirectory('services');
  const postgres = await startPostgres({
    dataDir: path.join(directory.path, 'data'),
    maxPreparedTransactions: slots,
  });
  for (const name of [...Object.keys(STARTERS), 'coordinator'])
    await postgres.createDatabase(name, { owner: name });
  const broker = createEmbeddedBroker();
  const running = new Map<ServiceName, RunningParticipantApp>();
  const databaseUrl = (name: string): string => postgres.url(name, name);
  return {
    broker,
    postgres,
    databaseUrl,
    start: async (name, env = {}) => {
      await running.get(name)?.stop();
      const app = await STARTERS[name]({
        env: {
          DATABASE_URL: databaseUrl(name),
          PORT: '0',
          LOG_LEVEL: 'error',
          CONCORDAT_PARTITIONS: '3',
          ...env,
        },
        bus: broker.connect(name),
        observability: { processMetrics: false },
      });
      running.set(name, app);
      return app;
    },
    ask: (name, method, route, body, headers) => ask(running.get(name)!.url, method, route, body, headers),
    query: async <R extends pg.QueryResultRow>(name: string, text: string, values?: unknown[]) => {
      const client = new pg.Client({ connectionString: databaseUrl(name) });
      await client.connect();
      try {
        return (await client.query<R>(text, values)).rows;
      } finally {
        await client.end();
      }
    },
    stop: async () => {
      await Promise.all([...running.values()].map((app) => app.stop()));
      await postgres.stop('immediate');
      await directory.remove();
    },
  };
}

/** `body`: text is sent as it is, everything else as JSON. */
export async function ask(
  base: string,
  method: string,
  route: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(base + route, {
    method,
    headers: { connection: 'close', ...json, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Asks until `holds`; the test's own patience ends it. */
export async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
