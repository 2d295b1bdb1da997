import {
  APP_KINDS,
  startCluster,
  startKafka,
  startPostgres,
  startTcpProxy,
  temporaryDirectory,
} from '#stack';
import type { AppKind, Cluster, Kafka, KafkaLink, Postgres, TcpProxy, TemporaryDirectory } from '#stack';
import { overlook } from '../../../crash/support/overlook.js';
import type { Site } from '../../../crash/support/site.js';
import { Front } from './front.js';
import { mountSmallDisk } from './small-disk.js';
import type { SmallDisk } from './small-disk.js';

/** Which apps have cables of their own, to Kafka and to their database: they can be cut off alone. One of each kind. */
export const CUT_OFF = ['coordinator-1', 'watchdog-1', 'orders-1', 'inventory-1', 'payments-1'] as const;
type CutOff = (typeof CUT_OFF)[number];

/** The one to which customers come by {@link ChaosSite.street}. */
export const AT_THE_STREET = 'orders-1';

/** Few, so that they can be exhausted; more than all instances use at once under this load. */
export const SLOTS = 64;
const SERVER = { maxPreparedTransactions: SLOTS };
const DISK_MIB = 224;
/** Its log of changes is what fills the small disk. */
const SMALL_LOG = { min_wal_size: '32MB', max_wal_size: '64MB' };

/** An installation as it would stand in a data centre, with everything between its parts made to be broken. */
export interface ChaosSite extends Site {
  readonly kafka: Kafka;
  /** The coordinator's database. */
  readonly ledger: Front;
  /** The databases of orders and payments. */
  readonly shops: Front;
  /** The database of inventory, on {@link disk} where that could be mounted. */
  readonly store: Front;
  /** Between the customers and one instance of orders. */
  readonly street: TcpProxy;
  readonly disk: SmallDisk | undefined;
  readonly directory: TemporaryDirectory;
}

export interface Counts {
  readonly coordinators: number;
  readonly watchdogs: number;
  /** Instances of each participant. */
  readonly participants: number;
}

interface Servers {
  readonly ledger: Front;
  readonly shops: Front;
  readonly store: Front;
}

async function startServers(directory: string, disk: SmallDisk | undefined): Promise<Servers> {
  const storeDir = disk === undefined ? `${directory}/store` : `${disk.path}/store`;
  const [ledger, shops, store] = await Promise.all([
    startPostgres({ dataDir: `${directory}/ledger`, ...SERVER }),
    startPostgres({ dataDir: `${directory}/shops`, ...SERVER }),
    startPostgres({ dataDir: storeDir, logFile: `${directory}/store.log`, ...SERVER, settings: SMALL_LOG }),
  ]);
  return {
    ledger: await Front.before(ledger, ['coordinator-1', 'watchdog-1']),
    shops: await Front.before(shops, ['orders-1', 'payments-1']),
    store: await Front.before(store, ['inventory-1']),
  };
}

const frontOf = (servers: Servers, database: string): Front => {
  if (database === 'concordat') return servers.ledger;
  return database === 'inventory' ? servers.store : servers.shops;
};

const asOneServer = (servers: Servers): Pick<Postgres, 'url' | 'createDatabase'> => ({
  url: (database, role) => frontOf(servers, database).url(database, role),
  createDatabase: (name, options) => frontOf(servers, name).server.createDatabase(name, options),
});

/** Whoever is started again has the name it had, as a restarted container: its successor need not wait for its Kafka session. */
const NAMED: Readonly<Record<string, Record<string, string>>> = Object.fromEntries(
  APP_KINDS.flatMap((kind) =>
    [1, 2, 3, 4, 5].map((number) => [`${kind}-${number}`, { CONCORDAT_INSTANCE_ID: `${kind}-${number}` }]),
  ),
);

const kindOf = (app: CutOff): AppKind => app.replace(/-\d+$/, '') as AppKind;
const databaseOf = (kind: AppKind): string =>
  kind === 'coordinator' || kind === 'watchdog' ? 'concordat' : kind;

/** The environment of an app that goes its own way to everything. */
function alone(app: CutOff, servers: Servers, kafka: KafkaLink): Record<string, string> {
  const database = databaseOf(kindOf(app));
  return {
    ...NAMED[app],
    DATABASE_URL: frontOf(servers, database).url(database, database, app),
    KAFKA_BROKERS: kafka.brokers,
  };
}

const startApps = (
  kafka: Kafka,
  servers: Servers,
  dir: string,
  topicPrefix: string,
  { coordinators, watchdogs, participants }: Counts,
): Promise<Cluster> =>
  startCluster({
    ...{ kafka, dir, topicPrefix, postgres: asOneServer(servers), coordinators, watchdogs },
    ...{ orders: participants, inventory: participants, payments: participants },
    readyTimeoutMs: 180_000,
    env: { CONCORDAT_INQUIRE_AFTER_MS: '3000', CONCORDAT_PARTITIONS: '6' },
    appEnv: {
      ...NAMED,
      ...Object.fromEntries(CUT_OFF.map((app, index) => [app, alone(app, servers, kafka.links[index]!)])),
    },
  });

/** The front of the database of a kind of app. */
export const frontOfKind = (site: ChaosSite, kind: AppKind): Front => frontOf(site, databaseOf(kind));

/** The cable from its database to an app of {@link CUT_OFF}. */
export const ownCable = (site: ChaosSite, app: CutOff) => frontOfKind(site, kindOf(app)).cable(app);

export async function openChaosSite(counts: Counts): Promise<ChaosSite> {
  const directory = await temporaryDirectory('chaos');
  const topicPrefix = `chaos-${process.pid}`;
  const disk = await mountSmallDisk(`${directory.path}/disk`, DISK_MIB);
  const [kafka, servers] = await Promise.all([
    startKafka({
      dir: `${directory.path}/kafka`,
      brokers: 3,
      heap: '256m',
      links: CUT_OFF.length,
      backbone: true,
    }),
    startServers(directory.path, disk),
  ]);
  const cluster = await startApps(kafka, servers, directory.path, topicPrefix, counts);
  const seen = overlook(cluster);
  const street = await startTcpProxy(Number(new URL(cluster.urls[AT_THE_STREET]!).port));
  const counters = { [AT_THE_STREET]: `http://127.0.0.1:${street.port}` };
  const close = async (): Promise<void> => {
    await seen.close();
    await street.close();
    await cluster.stopAll(3_000);
    await kafka.stop();
    await Promise.all([servers.ledger, servers.shops, servers.store].map((front) => front.close()));
    await disk?.unmount();
    await directory.remove();
  };
  const { server: postgres } = servers.ledger;
  const outside = { street, counters };
  return { ...seen, ...servers, ...outside, cluster, kafka, postgres, topicPrefix, disk, directory, close };
}
