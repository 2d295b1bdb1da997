import { kafkaFromEnvOrStart, startCluster, startPostgres, temporaryDirectory } from '#stack';
import type { Cluster, ClusterOptions, Kafka, Postgres } from '#stack';
import { overlook } from './overlook.js';
import type { Overlook } from './overlook.js';

export { until } from './until.js';

/** A whole installation for one test file: real Kafka, real PostgreSQL, every app a process. */
export interface Site extends Overlook {
  readonly cluster: Cluster;
  readonly kafka: Pick<Kafka, 'brokers'>;
  readonly postgres: Postgres;
  readonly topicPrefix: string;
  /** Where customers find an app, by its name, when not at its own address. */
  readonly counters?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

type SiteOptions = Partial<Omit<ClusterOptions, 'kafka' | 'postgres' | 'dir' | 'topicPrefix'>>;

let sites = 0;

export async function openSite(name: string, options: SiteOptions = {}): Promise<Site> {
  const dir = await temporaryDirectory(name);
  const topicPrefix = `${name}-${process.pid}-${(sites += 1)}`;
  const [kafka, postgres] = await Promise.all([
    kafkaFromEnvOrStart({ dir: `${dir.path}/kafka` }),
    startPostgres({ dataDir: `${dir.path}/postgres` }),
  ]);
  const cluster = await startCluster({ kafka, postgres, dir: dir.path, topicPrefix, ...options });
  const seen = overlook(cluster);
  const close = async (): Promise<void> => {
    await seen.close();
    await cluster.stopAll();
    await kafka.stop();
    await postgres.stop();
    await dir.remove();
  };
  return { cluster, kafka, postgres, topicPrefix, ...seen, close };
}
