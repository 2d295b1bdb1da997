import { createHash } from 'node:crypto';
import { APP_KINDS } from '#stack';
import type { Site } from '../../../crash/support/site.js';

/** Who is alive, and when it was last seen: true only for a moment, whatever is replayed. */
const OF_THE_MOMENT = /^concordat\.(instance|participant|participant_instance)$/;

const TABLES = `SELECT schemaname || '.' || tablename AS name FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`;

/** One hash per table over all rows of every database of the site. */
export async function hashTables(site: Pick<Site, 'query'>): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const kind of APP_KINDS.filter((one) => one !== 'watchdog')) {
    const tables = await site.query<{ name: string }>(kind, TABLES);
    for (const { name } of tables.filter((table) => !OF_THE_MOMENT.test(table.name))) {
      const rows = await site.query<{ row: string }>(kind, `SELECT t::text AS row FROM ${name} t ORDER BY 1`);
      hashes[`${kind}: ${name}`] = createHash('sha256')
        .update(rows.map(({ row }) => row).join('\n'))
        .digest('hex');
    }
  }
  return hashes;
}
