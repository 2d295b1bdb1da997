import type { Contender } from '../contenders/contender.js';
import type { Edge, LoadResult } from '../load/closed-loop.js';
import { Worker } from '../processes/worker.js';
import { accountDatabase, type Site } from '../site.js';
import type { DbosSetup } from './dbos-process.js';
import { installPeers } from './install.js';

const DATABASES = ['dbos_1', 'dbos_2'];
const SYSTEM = 'dbos_system';

/** DBOS Transact (npm): a durable workflow of two steps, in the process that asks for it. */
export async function startDbos(site: Site, say: (line: string) => void): Promise<Contender> {
  const packageDir = await installPeers(say);
  const databaseUrls = [];
  for (const name of DATABASES) databaseUrls.push(await accountDatabase(site, name));
  const systemDatabaseUrl = await site.database(SYSTEM);
  const { logDir, profileDir, onDeath } = site;
  const worker = await Worker.start({
    ...{ name: 'dbos', program: 'dbos/dbos-process.js' },
    ...{ logDir, profileDir, onDeath },
  });
  await worker.call('start', { packageDir, systemDatabaseUrl, databaseUrls } satisfies DbosSetup);
  return {
    name: 'DBOS two steps',
    databases: [...DATABASES, SYSTEM],
    pids: () => ({ participants: [worker.pid] }),
    drive: (workload, onEdge) => worker.call<LoadResult, Edge>('drive', workload, onEdge),
    check: () => Promise.resolve(),
    stop: () => worker.stop(),
  };
}
