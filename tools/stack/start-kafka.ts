/*
 * `npm run start:kafka`: every app as a process of its own, on a real Kafka broker and PostgreSQL, on the
 * usual ports. Data is kept in .concordat/kafka-stack. Ctrl-C drains the apps, then ends broker and database.
 */
import path from 'node:path';

import type { Cluster } from './apps/cluster.js';
import { startCluster } from './apps/cluster.js';
import type { AppKind } from './apps/cluster-plan.js';
import { orderCommand, seedExample } from './cli/seed.js';
import { howItEnded, supervise } from './cli/supervise.js';
import { Terminal } from './cli/terminal.js';
import { kafkaFromEnvOrStart } from './kafka/from-env.js';
import type { Kafka } from './kafka/start-kafka.js';
import { freePort, isPortFree } from './ports.js';
import type { Postgres } from './postgres/server.js';
import { startPostgres } from './postgres/start-postgres.js';

const PORTS: Record<AppKind, number> = {
  coordinator: 7300,
  watchdog: 7301,
  orders: 7310,
  inventory: 7320,
  payments: 7330,
};
const KAFKA_PORT = 9092;
/** npm and the terminal both pass a Ctrl-C on; only a later one means "now". */
const SECOND_SIGNAL_AFTER_MS = 1_000;

const terminal = new Terminal();
const say = (text: string): void => terminal.stack(text);
const shortName = (name: string): string => name.replace(/-1$/, '');

/** What runs so far; a stop may come at any moment of the start. */
interface Running {
  postgres?: Postgres;
  kafka?: Kafka;
  cluster?: Cluster;
}

/** Settings of the user's shell that are meant for the apps. */
const forwarded = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(CONCORDAT_|KAFKA_S|LOG_LEVEL$)/.test(name)),
  );

async function start(running: Running, dir: string): Promise<Cluster> {
  const kafkaPort = (await isPortFree(KAFKA_PORT)) ? KAFKA_PORT : await freePort();
  running.postgres = await startPostgres({ dataDir: path.join(dir, 'postgres'), reuse: true, log: say });
  running.kafka = await kafkaFromEnvOrStart({ dir: path.join(dir, 'kafka'), ports: [kafkaPort], log: say });
  say('starting the apps');
  running.cluster = await startCluster({
    kafka: running.kafka,
    postgres: running.postgres,
    dir,
    topicPrefix: 'concordat',
    ports: PORTS,
    env: forwarded(),
    onLine: (name, line) => terminal.app(shortName(name), line),
  });
  return running.cluster;
}

function announce(running: Running): void {
  const urls = Object.entries(running.cluster?.urls ?? {});
  say('');
  say('Concordat is ready.');
  for (const [name, url] of urls) say(`  ${shortName(name).padEnd(12)} ${url}`);
  say(`  ${'Kafka'.padEnd(12)} ${running.kafka?.brokers}`);
  say(`  ${'PostgreSQL'.padEnd(12)} ${running.postgres?.adminUrl}`);
  say('');
  say('Place an order:');
  say(`  ${orderCommand(`http://127.0.0.1:${PORTS.orders}`)}`);
  say('Ctrl-C stops everything.');
}

async function shutDown({ cluster, kafka, postgres }: Running): Promise<void> {
  say('stopping: the apps finish what they hold');
  for (const [name, exit] of Object.entries((await cluster?.stopAll()) ?? {})) {
    if (exit.code !== 0) say(`${shortName(name)} ${howItEnded(exit)}`);
  }
  if (kafka !== undefined) say('stopping Kafka');
  await kafka?.stop();
  if (postgres !== undefined) say('stopping PostgreSQL');
  await postgres?.stop();
  say('stopped');
}

/** Ends the program: in order at the first request, at once at a second one (the processes are ended for us). */
function stopOnSignal(running: Running, stopping: AbortController): void {
  let firstAt: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > SECOND_SIGNAL_AFTER_MS) process.exit(130);
    if (firstAt !== undefined) return;
    firstAt = now;
    stopping.abort();
    shutDown(running).then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

function fail(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function main(): Promise<void> {
  const running: Running = {};
  const stopping = new AbortController();
  stopOnSignal(running, stopping);
  try {
    const cluster = await start(running, path.resolve('.concordat', 'kafka-stack'));
    const urls = {
      inventory: `http://127.0.0.1:${PORTS.inventory}`,
      payments: `http://127.0.0.1:${PORTS.payments}`,
    };
    await seedExample(urls);
    announce(running);
    // The children keep nothing alive, so this does.
    setInterval(() => undefined, 2 ** 30);
    await Promise.all(cluster.names.map((name) => supervise(cluster, name, stopping.signal, say)));
  } catch (error) {
    if (stopping.signal.aborted) return;
    await shutDown(running).finally(() => fail(error));
  }
}

await main();
