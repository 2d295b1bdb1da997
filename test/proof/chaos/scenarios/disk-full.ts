import { readFile } from 'node:fs/promises';
import { patient } from '../support/patience.js';
import { until } from '../../../crash/support/until.js';
import type { Scenario } from '../support/chaos.js';
import type { ChaosSite } from '../support/site.js';

const SEEN_MS = 60_000;
const FULL = 'No space left on device';

const complaints = async ({ store }: ChaosSite): Promise<number> =>
  (await readFile(store.server.logFile, 'utf8')).split(FULL).length - 1;

/** A new file of the log of changes wants room at once; without this the load would first fill the one in use. */
async function switchLog(site: ChaosSite): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: site.store.server.adminUrl });
  // The server may go down over it; that is what is wanted.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT pg_switch_wal()');
  } catch (error) {
    process.stdout.write(`the full disk answers: ${(error as Error).message}\n`);
  } finally {
    await client.end();
  }
}

export const diskFull: Scenario = {
  name: 'disk-full',
  title: "the disk of a participant's PostgreSQL full, then room again",
  impossible: ({ disk }) => (disk ? undefined : 'this user may not mount a file system'),
  async strike(chaos) {
    const { site } = chaos;
    const { disk } = site;
    if (!disk) throw new Error('no file system is mounted');
    const before = await complaints(site);
    await chaos.load.more(5);
    disk.fill();
    await until('the server lacks room', patient(SEEN_MS), async () => {
      await switchLog(site);
      return (await complaints(site)) > before;
    });
    await chaos.wait(1_500);
    await disk.free();
    await site.store.server.restart();
    return `${(await complaints(site)) - before} complaints of the server`;
  },
};
