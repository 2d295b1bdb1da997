import { APP_KINDS, startCluster, startKafka, startPostgres, temporaryDirectory } from '#stack';
import type {
  AppKind,
  Cluster,
  Kafka,
  KafkaLink,
  Postgres,
  PostgresOptions,
  TemporaryDirectory,
} from '#stack';
import { allOpened, kept, opened } from '../../../support/opened.js';
import { overlook } from '../../../crash/support/overlook.js';
import type { Site } from '../../../crash/support/site.js';
import { connect, countersFor, hangUp } from './cables.js';
import type { Cable, Counter } from './cables.js';
import { Front } from './front.js';
import { mountSmallDisk } from './small-disk.js';
import type { SmallDisk } from './small-disk.js';

/** Which apps have cables of their own, to Kafka and to their database: they can be cut off alone. One of each kind. */
export const CUT_OFF = ['coordinator-1', 'watchdog-1', 'orders-1', 'inventory-1', 'payments-1'] as const;
type CutOff = (typeof CUT_OFF)[number];

/** The one that also has cables of its own to the participants' databases, where it ends what the dead hold. */
export const RESOLVER = 'watchdog-1';

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
  /** Between the customers and each instance of orders. */
  readonly street: readonly Counter[];
  /** Between the participants, who ask what became of a transaction, and each coordinator. */
  readonly desks: readonly Counter[];
  /** Everything that can be cut. */
  readonly cables: readonly Cable[];
  readonly disk: SmallDisk | undefined;
  readonly directory: TemporaryDirectory;
}

export interface Counts {
  readonly coordinators: number;
  readonly watchdogs: number;
  /** Instances of each participant. */
  readonly participants: number;
}

/** All database servers, by what is on them. */
type Servers = Readonly<Record<'ledger' | 'shops' | 'store', Front>>;

async function startServers(
  parts: AsyncDisposableStack,
  directory: string,
  disk: SmallDisk | undefined,
): Promise<Servers> {
  const storeDir = disk === undefined ? `${directory}/store` : `${disk.path}/store`;
  const behind = async (options: PostgresOptions, sides: readonly string[]): Promise<Front> => {
    const front = startPostgres({ ...options, ...SERVER }).then((server) => Front.before(server, sides));
    return kept(parts, front, (it) => it.close());
  };
  const [ledger, shops, store] = await allOpened([
    behind({ dataDir: `${directory}/ledger` }, ['coordinator-1', RESOLVER]),
    behind({ dataDir: `${directory}/shops` }, ['orders-1', 'payments-1', RESOLVER]),
    behind({ dataDir: storeDir, logFile: `${directory}/store.log`, settings: SMALL_LOG }, [
      'inventory-1',
      RESOLVER,
    ]),
  ]);
  return { ledger, shops, store };
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

const PARTICIPANTS: readonly AppKind[] = ['orders', 'inventory', 'payments'];
const resolved = (servers: Servers): string =>
  PARTICIPANTS.map((kind) => `${kind}=${frontOf(servers, kind).url(kind, kind, RESOLVER)}`).join(',');

/** The environment of an app that goes its own way to everything. */
function alone(app: CutOff, servers: Servers, kafka: KafkaLink): Record<string, string> {
  const database = databaseOf(kindOf(app));
  return {
    ...NAMED[app],
    DATABASE_URL: frontOf(servers, database).url(database, database, app),
    KAFKA_BROKERS: kafka.brokers,
    ...(app === RESOLVER && { CONCORDAT_PARTICIPANT_DATABASES: resolved(servers) }),
  };
}

interface Ways extends Servers {
  readonly kafka: Kafka;
  readonly desks: readonly Counter[];
}

/** Everybody but those of {@link CUT_OFF} goes this way. */
const common = ({ links }: Kafka): KafkaLink => links[CUT_OFF.length]!;

const startApps = (
  { kafka, desks, ...servers }: Ways,
  dir: string,
  topicPrefix: string,
  { coordinators, watchdogs, participants }: Counts,
): Promise<Cluster> =>
  startCluster({
    ...{ kafka: common(kafka), dir, topicPrefix, postgres: asOneServer(servers), coordinators, watchdogs },
    ...{ orders: participants, inventory: participants, payments: participants },
    readyTimeoutMs: 180_000,
    env: {
      CONCORDAT_INQUIRE_AFTER_MS: '3000',
      CONCORDAT_PARTITIONS: '6',
      CONCORDAT_COORDINATOR_URL: desks.map(({ url }) => url).join(','),
    },
    appEnv: {
      ...NAMED,
      ...Object.fromEntries(CUT_OFF.map((app, index) => [app, alone(app, servers, kafka.links[index]!)])),
    },
  });

/** The front of the database of a kind of app. */
export const frontOfKind = (site: ChaosSite, kind: AppKind): Front => frontOf(site, databaseOf(kind));

/** The cable from its database to an app of {@link CUT_OFF}. */
export const ownCable = (site: ChaosSite, app: CutOff) => frontOfKind(site, kindOf(app)).cable(app);

const numbered = (kind: AppKind, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);

const KAFKA = { brokers: 3, heap: '256m', links: CUT_OFF.length + 1, backbone: true };

/** @throws what hindered a part, once everything that had started is ended */
export const openChaosSite = (counts: Counts): Promise<ChaosSite> =>
  opened(async (parts) => {
    const directory = await kept(parts, temporaryDirectory('chaos'), (it) => it.remove());
    const topicPrefix = `chaos-${process.pid}`;
    const mounting = mountSmallDisk(`${directory.path}/disk`, DISK_MIB);
    const disk = await kept(parts, mounting, async (it) => it?.unmount());
    const [kafka, servers, street, desks] = await allOpened([
      kept(parts, startKafka({ dir: `${directory.path}/kafka`, ...KAFKA }), (it) => it.stop()),
      startServers(parts, directory.path, disk),
      kept(parts, countersFor(numbered('orders', counts.participants)), hangUp),
      kept(parts, countersFor(numbered('coordinator', counts.coordinators)), hangUp),
    ]);
    const starting = startApps({ ...servers, kafka, desks }, directory.path, topicPrefix, counts);
    const cluster = await kept(parts, starting, (it) => it.stopAll(3_000));
    connect([...street, ...desks], cluster);
    const seen = parts.adopt(overlook(cluster), (it) => it.close());
    const { server: postgres } = servers.ledger;
    const counters = Object.fromEntries(street.map(({ app, url }) => [app, url]));
    const outside = [...street, ...desks].map(({ cable }) => cable);
    const cables = [...kafka.links, kafka.backbone!, kafka.quorum!, ...Object.values(servers), ...outside];
    const around = { street, desks, counters, cables };
    return { ...seen, ...servers, ...around, cluster, kafka, postgres, topicPrefix, disk, directory };
  });
