import pg from 'pg';

import { expectThat } from '../demo-error.js';
import type { Terminal } from '../terminal.js';
import type { World } from '../world.js';

/** What must be true of the databases after all that, read from outside. */
export async function ending(terminal: Terminal, world: World): Promise<void> {
  await terminal.act('What is left', 'Read by SQL from outside, over all databases of the server:');
  const prepared = await count(world.postgres.adminUrl, 'SELECT count(*) FROM pg_prepared_xacts');
  const open = await count(
    world.cluster.databaseUrl('coordinator'),
    'SELECT count(*) FROM concordat.transaction WHERE ended_at IS NULL',
  );
  terminal.say(`prepared transactions: ${prepared}; transactions that have not ended: ${open}`);
  expectThat(prepared === 0 && open === 0, 'nothing to be in doubt', { prepared, open });
}

async function count(url: string, query: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(query);
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
