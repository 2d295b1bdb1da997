import path from 'node:path';
import { createEmbeddedBroker, type Bus, type EmbeddedBroker } from '#messaging';
import { silentLog } from '#observability';
import { startPostgres, temporaryDirectory, type Postgres, type TemporaryDirectory } from '#stack';
import { topicNames, type Topics } from '#wire';
import { startCoordinator, type RunningApp } from '../../../apps/coordinator/src/index.js';
import { eventually } from '../../support/eventually.js';
import { ScriptedParticipant } from './scripted-participant.js';

export { eventually };

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The shapes the tests look at. */
export interface Shown {
  readonly id: string;
  readonly state: string;
  readonly outcome: 'committed' | 'aborted' | null;
  readonly attempts: readonly { readonly decision: string | null; readonly reason: string | null }[];
  readonly branches: readonly { readonly id: string; readonly state: string; readonly error: unknown }[];
  readonly endedAt: string | null;
}

/** A coordinator over a real PostgreSQL and the embedded broker, with two scripted participants. */
export class World {
  private constructor(
    readonly directory: TemporaryDirectory,
    readonly postgres: Postgres,
    readonly broker: EmbeddedBroker,
    readonly bus: Bus,
    readonly topics: Topics,
    readonly stock: ScriptedParticipant,
    readonly money: ScriptedParticipant,
    public app: RunningApp,
  ) {}

  static async start(name: string, env: Record<string, string> = {}): Promise<World> {
    const directory = await temporaryDirectory(name);
    const postgres = await startPostgres({
      dataDir: path.join(directory.path, 'data'),
      databases: ['ledger'],
    });
    const broker = createEmbeddedBroker({ log: silentLog });
    const bus = broker.connect('test');
    const topics = topicNames('test');
    const stock = await ScriptedParticipant.start('stock', bus, topics);
    const money = await ScriptedParticipant.start('money', bus, topics);
    const app = await startApp(postgres, broker, env);
    const world = new World(directory, postgres, broker, bus, topics, stock, money, app);
    await world.ready();
    return world;
  }

  /** Another coordinator on the same ledger and broker. */
  startAnother(env: Record<string, string> = {}): Promise<RunningApp> {
    return startApp(this.postgres, this.broker, env);
  }

  async end(): Promise<void> {
    await this.app.stop();
    await this.bus.close();
    await this.postgres.stop('immediate');
    await this.directory.remove();
  }

  /** Ready, and both participants are registered. */
  async ready(app: RunningApp = this.app): Promise<void> {
    await eventually(async () => (await fetch(`${app.url}/health/ready`)).status === 200);
    await eventually(
      async () => (await this.get<{ items: unknown[] }>('/v1/participants')).body.items.length === 2,
    );
  }

  get<T = Record<string, unknown>>(pathAndQuery: string): Promise<Answer<T>> {
    return this.ask<T>(pathAndQuery, { method: 'GET' });
  }

  post<T = Record<string, unknown>>(
    pathAndQuery: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return this.ask<T>(pathAndQuery, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async ask<T>(pathAndQuery: string, init: RequestInit): Promise<Answer<T>> {
    const response = await fetch(`${this.app.url}${pathAndQuery}`, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as T,
    };
  }

  /** Waits until a transaction looks as wished, and returns it. */
  async until(id: string, wished: (shown: Shown) => boolean): Promise<Shown> {
    let shown: Shown | undefined;
    await eventually(async () => {
      shown = (await this.get<Shown>(`/v1/transactions/${id}`)).body;
      return wished(shown);
    });
    return shown!;
  }
}

function startApp(
  postgres: Postgres,
  broker: EmbeddedBroker,
  env: Record<string, string>,
): Promise<RunningApp> {
  return startCoordinator({
    env: {
      DATABASE_URL: postgres.url('ledger'),
      PORT: '0',
      LOG_LEVEL: 'silent',
      CONCORDAT_TOPIC_PREFIX: 'test',
      CONCORDAT_PARTITIONS: '2',
      CONCORDAT_DRAIN_TIMEOUT_MS: '4000',
      ...env,
    },
    bus: broker.connect('coordinator'),
    observability: { processMetrics: false },
  });
}

/** A 2PC over both participants; `more` goes over it. */
export function plan(more: Record<string, unknown> = {}): Record<string, unknown> {
  return { branches: [branch('a', 'stock'), branch('b', 'money')], ...more };
}

export function branch(id: string, participant: string, more: Record<string, unknown> = {}) {
  return { id, participant, operation: 'reserve', payload: {}, ...more };
}
