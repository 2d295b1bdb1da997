import { migrateParticipant } from '#persistence';
import type { TransferRequest } from '../concordat/transfer-request.js';
import type { Contender, Workload } from '../contenders/contender.js';
import { CREATE_GUARDS, CREATE_LEDGER } from '../floor/schema.js';
import type { Edge, LoadResult } from '../load/closed-loop.js';
import { until } from '../patience.js';
import { Worker } from '../processes/worker.js';
import { accountDatabase, runSql, type Site } from '../site.js';
import type { EmbeddedSetup } from './floor-process.js';

const FLOOR = 'floor embedded';

async function startWorker(site: Site, name: string, program: string): Promise<Worker> {
  const { logDir, profileDir, onDeath } = site;
  return Worker.start({ name, program: `embedded/${program}.js`, logDir, profileDir, onDeath });
}

async function databases(
  site: Site,
  names: readonly string[],
  more: string,
): Promise<Record<string, string>> {
  const urls: Record<string, string> = {};
  for (const name of names) urls[name] = await accountDatabase(site, name, more);
  return urls;
}

const contenderOf = (
  worker: Worker,
  parts: Pick<Contender, 'name' | 'databases' | 'floor'>,
  request: TransferRequest | null,
): Contender => ({
  ...parts,
  pids: () => ({ coordinator: [worker.pid] }),
  drive: (workload: Workload, onEdge) =>
    worker.call<LoadResult, Edge>('drive', { ...request, ...workload }, onEdge),
  check: () => Promise.resolve(),
  stop: () => worker.stop(),
});

/** Coordinator, two participants and the client in one process, as tests and small installations embed them. */
export async function startEmbedded(site: Site): Promise<Contender> {
  const names = ['embedded_1', 'embedded_2'];
  const ledger = 'embedded_ledger';
  const ledgerUrl = await site.database(ledger);
  const banks = await databases(site, names, '');
  await Promise.all(Object.values(banks).map((url) => migrateParticipant(url)));
  const worker = await startWorker(site, 'embedded', 'concordat-process');
  await worker.call('start', { ledgerUrl, banks } satisfies EmbeddedSetup);
  await until('the embedded installation to be ready', () => worker.call<boolean>('health'));
  const request: TransferRequest = { participants: names, mode: '2pc', fallback: 'none', padding: 0 };
  return contenderOf(
    worker,
    { name: 'concordat embedded', databases: [...names, ledger], floor: FLOOR },
    request,
  );
}

/** The same SQL in the same batches in one process, and no protocol. */
export async function startEmbeddedFloor(site: Site): Promise<Contender> {
  const names = ['floor_embedded_1', 'floor_embedded_2'];
  const ledger = 'floor_embedded_ledger';
  const ledgerUrl = await site.database(ledger);
  await runSql(ledgerUrl, CREATE_LEDGER);
  const banks = await databases(site, names, CREATE_GUARDS);
  const worker = await startWorker(site, 'floor-embedded', 'floor-process');
  await worker.call('start', { ledgerUrl, banks } satisfies EmbeddedSetup);
  return contenderOf(worker, { name: FLOOR, databases: [...names, ledger] }, null);
}
