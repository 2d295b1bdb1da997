import type { ClientOptions } from '#client';
import type { Bus } from '#messaging';
import type { ParticipantOptions } from '#participant';
import {
  createPool, createPostgresBranchStore, createPostgresOutboxStore, migrate, participantSchema, pendingMigrations,
  type BranchStore, type OutboxStore, type SchemaSet,
} from '#persistence'; // prettier-ignore
import type { Config } from '../config/config.js';
import type { ReadinessCheck } from '../http/readiness.js';
import type { AppObservability } from '../observability.js';
import { patiently } from './patiently.js';

/** Connections of the readiness check alone: it must not wait for those of the work. */
const LOOK_CONNECTIONS = 1;

/** Local transactions at a time; connections for them, and as many (the store has two pools) for those who look and finish meanwhile. */
const CONCURRENCY = 16;
const CONNECTIONS = 16;

/**
 * What the process of a participant stands on: its database and the broker.
 *
 * Owns: connections of branches and outbox, the bus it was given, the schema's being up to date.
 * Does not own: handlers, HTTP, the application's own (TypeORM) connections.
 *  P1 `migrate` waits for a database that is away, and fails for everything else.
 *  P2 `close` comes after participant and client have drained: it takes their connections.
 */
export class ParticipantProcess {
  readonly branches: BranchStore;
  readonly outbox: OutboxStore;
  readonly checks: readonly ReadinessCheck[];
  private readonly look;

  constructor(
    readonly config: Config,
    readonly bus: Bus,
    readonly observability: AppObservability,
    private readonly business: SchemaSet,
  ) {
    const { databaseUrl: url, instanceId, app } = config;
    const { log } = observability;
    this.branches = createPostgresBranchStore({ participant: app, url, log, maxConnections: CONNECTIONS });
    this.outbox = createPostgresOutboxStore({ url, log });
    this.look = createPool({ url, log, max: LOOK_CONNECTIONS, applicationName: `${instanceId} readiness` });
    this.checks = [
      { name: 'database', check: () => this.branches.ping() },
      { name: 'schema', check: () => this.assertMigrated() },
      { name: 'broker', check: () => this.assertBroker() },
    ];
  }

  /** Brings participant and business schema up to date; one instance works, the others wait for it. */
  async migrate(): Promise<void> {
    const { databaseUrl } = this.config;
    for (const set of [participantSchema, this.business]) {
      const steps = await patiently(
        `migration ${set.name}`,
        () => migrate(databaseUrl, set),
        this.observability,
      );
      if (steps.length > 0) this.observability.log.info({ schema: set.name, steps }, 'migrated');
    }
  }

  /** For ParticipantModule.forRoot. */
  get participantOptions(): Omit<ParticipantOptions, 'name' | 'operations'> {
    const { config, bus, branches: store } = this;
    return {
      ...this.common(),
      ...{ bus, store, createTopics: { partitions: config.partitions, replication: config.replication } },
      inquireAfterMs: config.inquireAfterMs,
      concurrency: CONCURRENCY,
    };
  }

  /** For ConcordatClientModule.forRoot: the app is an initiator of its own name. */
  get clientOptions(): ClientOptions {
    const { config, bus, outbox: outboxStore } = this;
    const { app: initiator, partitions, replication } = config;
    return { ...this.common(), ...{ initiator, bus, outboxStore, partitions, replication } };
  }

  async close(): Promise<void> {
    await this.bus.close();
    await Promise.all([this.branches.close(), this.outbox.close(), this.look.end()]);
  }

  private common() {
    const { instanceId: instance, topicPrefix, coordinatorUrls } = this.config;
    const { log, metrics, clock, random, faultPoints: faults } = this.observability;
    return { instance, topicPrefix, coordinatorUrls, log, metrics, clock, random, faults };
  }

  private async assertMigrated(): Promise<void> {
    const missing = await Promise.all(
      [participantSchema, this.business].map((set) => pendingMigrations(this.look, set)),
    );
    if (missing.flat().length > 0) throw new Error(`steps are missing: ${missing.flat().join(', ')}`);
  }

  private async assertBroker(): Promise<void> {
    const { ok, detail } = await this.bus.health();
    if (!ok) throw new Error(detail);
  }
}
