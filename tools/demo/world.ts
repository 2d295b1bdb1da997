import path from 'node:path';

import {
  kafkaFromEnvOrStart,
  startCluster,
  startPostgres,
  temporaryDirectory,
  type Cluster,
  type Kafka,
  type Postgres,
  type TemporaryDirectory,
} from '#stack';
import { untilJson } from './http.js';
import type { Terminal } from './terminal.js';

const NAMES = ['coordinator-1', 'coordinator-2', 'watchdog-1', 'orders-1', 'inventory-1', 'payments-1'];

/** A small installation: real Kafka, real PostgreSQL, six processes. */
export interface World {
  readonly postgres: Postgres;
  readonly cluster: Cluster;
}

/** Timelines name who wrote a step: give each process the name under which the story knows it. */
const named = Object.fromEntries(NAMES.map((name) => [name, { CONCORDAT_INSTANCE_ID: name }]));

/** The story must be the same on a busy machine: nothing in it waits for this limit to pass. */
const PATIENT = { CONCORDAT_PREPARE_TIMEOUT_MS: '60000' };

/** Starts and ends everything; `close` may come in the middle of `open`. */
export class Stage {
  private directory: TemporaryDirectory | undefined;
  private postgres: Postgres | undefined;
  private kafka: Kafka | undefined;
  private cluster: Cluster | undefined;

  constructor(private readonly terminal: Terminal) {}

  async open(): Promise<World> {
    this.directory = await temporaryDirectory('demo');
    const dir = this.directory.path;
    const servers = Promise.all([this.openPostgres(dir), this.openKafka(dir)]);
    const [postgres, kafka] = await this.terminal.progress('starting PostgreSQL and Kafka', servers);
    const apps = startCluster({
      kafka,
      postgres,
      dir,
      coordinators: 2,
      topicPrefix: `demo-${process.pid}-${Date.now()}`,
      env: PATIENT,
      appEnv: named,
    });
    const cluster = await this.terminal.progress(
      'starting 2 coordinators, a watchdog, orders, inventory and payments, a process each',
      apps,
    );
    this.cluster = cluster;
    await this.terminal.progress('waiting until the coordinators know the three services', known(cluster));
    return { postgres, cluster };
  }

  async close(): Promise<void> {
    await this.cluster?.stopAll();
    await this.kafka?.stop();
    await this.postgres?.stop();
    await this.directory?.remove();
  }

  /** The last lines of every app's log, for a story that went wrong. */
  logTails(): string {
    const tails = this.cluster?.names.map((name) => `${name}:\n${this.cluster?.app(name).logTail()}`);
    return tails?.join('\n\n') ?? '';
  }

  private async openPostgres(dir: string): Promise<Postgres> {
    return (this.postgres = await startPostgres({ dataDir: path.join(dir, 'postgres') }));
  }

  private async openKafka(dir: string): Promise<Kafka> {
    return (this.kafka = await kafkaFromEnvOrStart({ dir: path.join(dir, 'kafka') }));
  }
}

/** A transaction for a participant that never announced itself would be refused. */
async function known(cluster: Cluster): Promise<void> {
  const coordinators = cluster.names.filter((name) => name.startsWith('coordinator-'));
  await Promise.all(
    coordinators.map((name) =>
      untilJson<{ items: readonly { name: string }[] }>(
        `${name} knows the services`,
        `${cluster.urls[name]}/v1/participants`,
        ({ items }) => items.length === 3,
      ),
    ),
  );
}
