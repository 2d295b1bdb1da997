import type { Contender } from '../contenders/contender.js';
import type { Edge, LoadResult } from '../load/closed-loop.js';
import { Worker } from '../processes/worker.js';
import { accountDatabase, type Site } from '../site.js';
import type { PlainSetup } from './plain-process.js';

const DATABASES = ['plain_1', 'plain_2'];

/** Two local commits side by side, one statement each, no coordinator, no Kafka: atomic in neither sense. */
export async function startPlain(site: Site): Promise<Contender> {
  const databaseUrls = [];
  for (const name of DATABASES) databaseUrls.push(await accountDatabase(site, name));
  const { logDir, profileDir, onDeath } = site;
  const worker = await Worker.start({
    name: 'plain',
    program: 'plain/plain-process.js',
    logDir,
    profileDir,
    onDeath,
  });
  await worker.call('start', { databaseUrls } satisfies PlainSetup);
  return {
    name: 'plain commits',
    databases: DATABASES,
    pids: () => ({ participants: [worker.pid] }),
    drive: (workload, onEdge) => worker.call<LoadResult, Edge>('drive', workload, onEdge),
    check: () => Promise.resolve(),
    stop: () => worker.stop(),
  };
}
