import pg from 'pg';

/** Every role of a local stack has this password. It is no secret: the server listens on loopback only. */
export const PASSWORD = 'concordat';
export const SUPERUSER = 'postgres';

export const databaseUrl = (port: number, database: string, role: string = SUPERUSER): string =>
  `postgres://${encodeURIComponent(role)}:${PASSWORD}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

/** Runs `work` on one superuser connection and closes it. */
export async function withAdmin<T>(port: number, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl(port, SUPERUSER),
    connectionTimeoutMillis: 5_000,
  });
  // The server may be killed while this connection is open; the pending query then reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
