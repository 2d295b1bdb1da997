import { kafkaFromEnvOrStart, startCluster, startPostgres, temporaryDirectory } from '#stack';
import type { Cluster, ClusterOptions, Kafka, Postgres } from '#stack';
import { allOpened, kept, opened } from '../../support/opened.js';
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
  const topicPrefix = `${name}-${process.pid}-${(sites += 1)}`;
  return opened(async (parts) => {
    const dir = await kept(parts, temporaryDirectory(name), (it) => it.remove());
    const [kafka, postgres] = await allOpened([
      kept(parts, kafkaFromEnvOrStart({ dir: `${dir.path}/kafka` }), (it) => it.stop()),
      kept(parts, startPostgres({ dataDir: `${dir.path}/postgres` }), (it) => it.stop()),
    ]);
    const starting = startCluster({ kafka, postgres, dir: dir.path, topicPrefix, ...options });
    const cluster = await kept(parts, starting, (it) => it.stopAll());
    const seen = parts.adopt(overlook(cluster), (it) => it.close());
    return { cluster, kafka, postgres, topicPrefix, ...seen };
  });
}
