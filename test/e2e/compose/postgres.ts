import pg from 'pg';

import { startPostgres, type Postgres } from '#stack';
import type { Addresses } from './addresses.js';
import { readText, type PostgresService } from './file.js';

/** `-c name=value -c …` → settings */
function settingsOf([, ...flags]: PostgresService['command']): Record<string, string> {
  const pairs = flags.filter((_, index) => index % 2 === 1);
  const known = flags.every((flag, index) => index % 2 === 1 || flag === '-c');
  if (!known || pairs.length * 2 !== flags.length) throw new Error(`command of postgres: ${flags.join(' ')}`);
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
}

/** The statements of an init script, one by one: CREATE DATABASE stands in no transaction. */
const statementsOf = (script: string): string[] =>
  script
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');

async function runScript(url: string, script: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statementsOf(script)) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Starts the server that the service describes and runs its init script, as the image does on an empty volume. */
export async function startPostgresService(
  service: PostgresService,
  addresses: Addresses,
  { root, dataDir }: { root: string; dataDir: string },
): Promise<Postgres> {
  const { POSTGRES_PASSWORD, ...unknown } = service.environment;
  if (POSTGRES_PASSWORD === undefined || Object.keys(unknown).length > 0) {
    throw new Error(`environment of postgres: ${Object.keys(service.environment).join(', ')}`);
  }
  const postgres = await startPostgres({
    dataDir,
    port: addresses.port('postgres', 5432),
    settings: settingsOf(service.command),
  });
  await runScript(postgres.adminUrl, readText(root, service.volumes[1]));
  return postgres;
}
