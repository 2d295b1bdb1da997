import { createEmbeddedBroker, type EmbeddedBroker } from '#messaging';
import type { Log } from '#observability';
import { loadConfig } from '#service';
import { seedExample, type Postgres } from '#stack';
import { topicNames, topicPolicies } from '#wire';
import { startCoordinator } from '../../coordinator/src/index.js';
import { startInventory } from '../../inventory/src/index.js';
import { startOrders } from '../../orders/src/index.js';
import { startPayments } from '../../payments/src/index.js';
import { startWatchdog } from '../../watchdog/src/index.js';
import {
  DEV_APPS,
  PARTICIPANTS,
  appEnvironment,
  portOf,
  type DevApp,
  type DevPlan,
} from './app-environment.js';
import { startDatabase } from './database.js';
import type { DevOptions } from './dev-options.js';
import { untilReady } from './until-ready.js';

const START = {
  coordinator: startCoordinator,
  watchdog: startWatchdog,
  orders: startOrders,
  inventory: startInventory,
  payments: startPayments,
} as const satisfies Record<DevApp, unknown>;

/** Transactions in flight end while their participants still live; then those go, then the database. */
const STOP_ORDER: readonly (readonly DevApp[])[] = [
  ['coordinator'],
  ['watchdog'],
  ['orders', 'inventory', 'payments'],
];

type Running = Awaited<ReturnType<(typeof START)[DevApp]>>;

/**
 * Every app in one process, with a PostgreSQL and an embedded broker of its own.
 *
 * Owns: the database server, the broker, the order in which things start and stop. Does not own: anything an app does.
 * A stop may come at any moment of the start: it waits for the step under way, then ends what there is.
 */
export class AllInOne {
  private readonly apps = new Map<DevApp, Running>();
  private readonly broker: EmbeddedBroker;
  private postgres: Postgres | null = null;
  private starting: Promise<void> | null = null;
  private stopped: Promise<void> | null = null;

  constructor(
    private readonly options: DevOptions,
    private readonly log: Log,
  ) {
    this.broker = createEmbeddedBroker({ log });
  }

  /** Resolves when every app is ready and the example has something to sell. Rejects when it was stopped meanwhile, too. */
  start(): Promise<void> {
    this.starting ??= this.startAll();
    return this.starting;
  }

  /** Drains and ends everything. Idempotent. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  get stopping(): boolean {
    return this.stopped !== null;
  }

  url(app: DevApp): string {
    return this.apps.get(app)?.url ?? `http://127.0.0.1:${portOf(app, this.plan)}`;
  }

  get databaseUrl(): string | null {
    return this.postgres?.adminUrl ?? null;
  }

  private get plan(): DevPlan {
    const { postgres } = this;
    return {
      portOffset: this.options.portOffset,
      databaseUrl: (name) => postgres?.url(name, name) ?? '',
    };
  }

  private async startAll(): Promise<void> {
    this.postgres = await startDatabase(this.options.dir, this.log);
    this.assertWanted();
    await this.makeTopics();
    await allSettled(DEV_APPS.map((app) => this.startApp(app)));
    await untilReady(
      [...this.apps.values()].map(({ url }) => url),
      this.log,
      () => this.assertWanted(),
    );
    await seedExample({ inventory: this.url('inventory'), payments: this.url('payments') });
  }

  /** All of them before any app: after a crash the coordinator repeats its commands before their receivers are there again. */
  private async makeTopics(): Promise<void> {
    const env = appEnvironment('coordinator', process.env, this.plan);
    const { topicPrefix, partitions, replication } = loadConfig('coordinator', env, { embeddedBroker: true });
    const layout = { partitions, replication, participants: PARTICIPANTS, initiators: ['orders'] };
    await this.broker.connect('dev').ensureTopics(topicPolicies(topicNames(topicPrefix), layout));
  }

  private async startApp(app: DevApp): Promise<void> {
    const running = await START[app]({
      env: appEnvironment(app, process.env, this.plan),
      bus: this.broker.connect(app),
      observability: { pretty: true, processMetrics: app === 'coordinator' },
    });
    this.apps.set(app, running);
  }

  private assertWanted(): void {
    if (this.stopping) throw new Error('stopped before it was ready');
  }

  private async stopAll(): Promise<void> {
    // What the start could not do was told by `start` itself.
    await this.starting?.catch(() => undefined);
    for (const group of STOP_ORDER) await Promise.all(group.map(async (app) => this.apps.get(app)?.stop()));
    await this.postgres?.stop();
  }
}

/** Like Promise.all, but fails only when everything has come to an end: nothing starts behind the back of a stop. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
