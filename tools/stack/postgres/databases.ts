import pg from 'pg';

import { PASSWORD, withAdmin } from './connection.js';

export interface DatabaseOptions {
  /** Role that owns the database; made when absent. Default: the superuser. */
  owner?: string;
  /** Database to copy; nobody may be connected to it. */
  template?: string;
}

const quote = pg.escapeIdentifier;

async function exists(
  client: pg.Client,
  catalog: 'pg_roles' | 'pg_database',
  name: string,
): Promise<boolean> {
  const column = catalog === 'pg_roles' ? 'rolname' : 'datname';
  const { rowCount } = await client.query(`SELECT 1 FROM ${catalog} WHERE ${column} = $1`, [name]);
  return rowCount === 1;
}

async function ensureRole(client: pg.Client, name: string): Promise<void> {
  if (await exists(client, 'pg_roles', name)) return;
  await client.query(`CREATE ROLE ${quote(name)} LOGIN PASSWORD ${pg.escapeLiteral(PASSWORD)}`);
}

/** Makes the database, and the role that owns it, unless they exist. */
export const createDatabase = (port: number, name: string, options: DatabaseOptions = {}): Promise<void> =>
  withAdmin(port, async (client) => {
    if (options.owner !== undefined) await ensureRole(client, options.owner);
    if (await exists(client, 'pg_database', name)) return;
    const owner = options.owner === undefined ? '' : ` OWNER ${quote(options.owner)}`;
    const template = options.template === undefined ? '' : ` TEMPLATE ${quote(options.template)}`;
    await client.query(`CREATE DATABASE ${quote(name)}${owner}${template}`);
  });

/** Drops the database, ending whoever is connected. It fails while transactions are prepared in it. */
export const dropDatabase = (port: number, name: string): Promise<void> =>
  withAdmin(port, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`);
  });
