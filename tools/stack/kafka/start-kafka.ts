import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { claimDirectory, type Claim } from '../claim.js';
import { readIfPresent } from '../files.js';
import { jarsOf } from '../java/jars.js';
import { requireJava } from '../java/java.js';
import { freePort, requireFree } from '../ports.js';
import { Broker, kafkaUuid } from './broker.js';
import { layCables, type Cables, type KafkaLink } from './link.js';
import { serverProperties, type Node } from './properties.js';

export interface KafkaOptions {
  /** Where data, properties and logs of the brokers live; kept data is served again. */
  dir: string;
  /** How many brokers, each also a controller. Default 1. */
  brokers?: number;
  /** Client ports, one per broker. Default: free ones. */
  ports?: number[];
  /** Of each Java machine. Default 512m. */
  heap?: string;
  /** Further flags of the Java machine. Default: the quick compiler only, for a start in 3 s instead of 6. */
  jvm?: string[];
  /** Settings for server.properties that win over the defaults. */
  settings?: Record<string, string>;
  /** How many further ways to the brokers, each through proxies of its own. Default none. */
  links?: number;
  /** true: the brokers reach each other and their controllers through proxies, too. Default false. */
  backbone?: boolean;
  /** Told about the steps that take time. Default: nobody. */
  log?: (line: string) => void;
}

/** A running Kafka cluster on 127.0.0.1. Brokers are counted from 0. */
export interface Kafka {
  /** Comma list of host:port, as KAFKA_BROKERS wants it. */
  readonly brokers: string;
  readonly pids: number[];
  /** Indices of those that do not run. */
  readonly ended: number[];
  /** The ways through proxies that were asked for; each reaches every broker. */
  readonly links: readonly KafkaLink[];
  /** The way the brokers take to each other, where that was asked for: proxy n stands before broker n. */
  readonly backbone: KafkaLink | undefined;
  /** The way to the controllers, for each other and for the brokers, with {@link backbone}: proxy n stands before that of broker n. */
  readonly quorum: KafkaLink | undefined;
  /** Ends all brokers; nothing happens to those that have ended already. */
  stop(): Promise<void>;
  /** A crash of one broker; resolves when it is gone. */
  kill9(index: number): Promise<void>;
  /** Stops one broker if it runs, starts it again on its data, resolves when it serves. */
  restart(index: number): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(index: number): void;
  /** SIGCONT. */
  resume(index: number): void;
}

const closeAll = async (links: readonly (KafkaLink | undefined)[]): Promise<void> => {
  await Promise.all(links.flatMap((link) => link?.close() ?? []));
};

class KafkaCluster implements Kafka {
  constructor(
    private readonly members: readonly Broker[],
    readonly links: readonly KafkaLink[],
    readonly backbone: KafkaLink | undefined,
    readonly quorum: KafkaLink | undefined,
    private readonly claim: Claim,
  ) {}

  get brokers(): string {
    return this.members.map(({ node }) => `127.0.0.1:${node.clientPort}`).join(',');
  }

  get pids(): number[] {
    return this.members.map(({ pid }) => pid);
  }

  get ended(): number[] {
    return this.members.flatMap(({ runs }, index) => (runs ? [] : index));
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((broker) => broker.stop()));
    await closeAll([...this.links, this.backbone, this.quorum]);
    await this.claim.release();
  }

  kill9(index: number): Promise<void> {
    return this.member(index).kill9();
  }

  async restart(index: number): Promise<void> {
    const broker = this.member(index);
    await broker.stop();
    await broker.spawn();
    await broker.ready();
  }

  pause(index: number): void {
    this.member(index).signal('SIGSTOP');
  }

  resume(index: number): void {
    this.member(index).signal('SIGCONT');
  }

  private member(index: number): Broker {
    const broker = this.members[index];
    if (broker === undefined) throw new RangeError(`no broker ${index}; there are ${this.members.length}`);
    return broker;
  }
}

async function layOut(options: KafkaOptions, cables: Cables): Promise<Node[]> {
  const count = options.brokers ?? 1;
  const nodes: Node[] = [];
  for (let id = 1; id <= count; id += 1) {
    const clientPort = options.ports?.[id - 1] ?? (await freePort());
    await requireFree(clientPort, 'Kafka');
    const directory = path.resolve(options.dir, `broker-${id}`);
    const plugs = await cables.toBroker();
    const backbone = options.backbone === true ? plugs.links.length - 1 : undefined;
    nodes.push({ id, directory, clientPort, ...plugs, backbone });
  }
  return nodes;
}

/** All brokers must be formatted with one id, also those that join the directory in a later run. */
async function clusterIdOf(dir: string): Promise<string> {
  const file = path.join(dir, 'cluster-id');
  const kept = readIfPresent(file)?.trim();
  if (kept !== undefined && kept !== '') return kept;
  const made = kafkaUuid();
  await mkdir(dir, { recursive: true });
  await writeFile(file, `${made}\n`);
  return made;
}

const javaFlags = ({ heap = '512m', jvm = ['-XX:TieredStopAtLevel=1'] }: KafkaOptions): string[] => [
  `-Xmx${heap}`,
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  ...jvm,
];

const USER = { name: 'A Kafka broker', instead: 'set KAFKA_BROKERS to a broker that runs already' };

async function makeBrokers(options: KafkaOptions, cables: Cables): Promise<Broker[]> {
  const javaVersion = requireJava(USER);
  const { log = () => undefined } = options;
  const jars = await jarsOf({ ...USER, folder: 'kafka', pom: 'tools/kafka/pom.xml', size: '43 MB', log });
  const plan = { jars, javaVersion, jvm: javaFlags(options), clusterId: await clusterIdOf(options.dir) };
  const nodes = await layOut(options, cables);
  return nodes.map((node) => new Broker(node, plan, serverProperties(node, nodes, options.settings ?? {})));
}

/** The first broker, when it is new, is the pattern of the others. */
async function prepare(brokers: readonly Broker[]): Promise<void> {
  const [first, ...others] = brokers;
  const pattern = (await first?.prepare()) === 'formatted' ? first : undefined;
  await Promise.all(others.map((broker) => broker.prepare(pattern)));
}

/**
 * Starts real Kafka brokers (KRaft, no container) and resolves when all of them serve. They end with this
 * process at the latest, however it ends.
 * @throws StackError when Java or Maven is missing, a port is taken, or a broker does not come up
 */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const claim = await claimDirectory(path.resolve(options.dir));
  const backbone = options.backbone === true;
  const cables = layCables((options.links ?? 0) + (backbone ? 1 : 0), backbone);
  let brokers: Broker[] = [];
  try {
    brokers = await makeBrokers(options, cables);
    options.log?.(`Kafka: starting ${brokers.length === 1 ? 'a broker' : `${brokers.length} brokers`}`);
    await prepare(brokers);
    await Promise.all(brokers.map((broker) => broker.spawn()));
    await Promise.all(brokers.map((broker) => broker.ready()));
  } catch (error) {
    await Promise.all(brokers.map((broker) => broker.kill9()));
    await closeAll([...cables.links, cables.quorum]);
    await claim.release();
    throw error;
  }
  const links = cables.links.slice(0, options.links ?? 0);
  const cluster = new KafkaCluster(brokers, links, cables.links[links.length], cables.quorum, claim);
  options.log?.(`Kafka: ready on ${cluster.brokers}`);
  return cluster;
}
