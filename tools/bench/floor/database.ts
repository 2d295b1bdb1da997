import pg from 'pg';

/** Any batch the floor makes. */
export const MAX_BATCH = 1_000;

/** A connection for one stage. `durable` false: an answer does not wait for the disk (what may be lost is done again). */
export async function connect(url: string, durable = true): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  if (!durable) await client.query('SET synchronous_commit = off');
  return client;
}
