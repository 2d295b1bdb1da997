import { appendFile, chown, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { waitFor } from '../wait.js';
import { PASSWORD, SUPERUSER, withAdmin } from './connection.js';
import { copyRunningServer } from './copy-data.js';
import type { Postgres } from './server.js';
import { startPostgres } from './start-postgres.js';

export interface StandbyOptions {
  /** Where the copy lives; must not exist. */
  dataDir: string;
  /** synchronous: the primary acknowledges no commit that the standby has not on its disk. */
  mode: 'synchronous' | 'asynchronous';
  /** The settings the primary was started with: a standby must allow as many sessions and prepared transactions. */
  settings?: Record<string, string>;
  maxPreparedTransactions?: number;
  /** Where it streams from, when not from the primary's own port: a cable that can be cut. */
  throughPort?: number;
}

/** A server that follows another one. */
export interface Standby extends Postgres {
  /** Ends the streaming and keeps it ended: from now on the standby stays behind. Asynchronous ones only. */
  holdBack(): Promise<void>;
  /** Becomes a server of its own, with what it has received. The primary must be dead. */
  promote(): Promise<void>;
}

const STREAMING_TIMEOUT_MS = 30_000;
/** A stream that was cut is asked for again so soon; by default after 5 s, in which no commit of the primary ends. */
const STREAM_AGAIN = '500ms';

async function makeSlot(port: number, name: string): Promise<void> {
  await withAdmin(port, (client) =>
    client.query('SELECT pg_create_physical_replication_slot($1, true)', [name]),
  );
}

/** The settings of a standby go where ALTER SYSTEM can change them: what the command line says cannot be changed. */
async function makeFollower(dataDir: string, primaryPort: number, slot: string): Promise<void> {
  const { uid, gid } = await stat(dataDir);
  const signal = path.join(dataDir, 'standby.signal');
  await writeFile(signal, '');
  await chown(signal, uid, gid);
  const login = `user=${SUPERUSER} password=${PASSWORD} application_name=${slot}`;
  await appendFile(
    path.join(dataDir, 'postgresql.auto.conf'),
    [
      `primary_conninfo = 'host=127.0.0.1 port=${primaryPort} ${login}'`,
      `primary_slot_name = '${slot}'`,
      `wal_retrieve_retry_interval = '${STREAM_AGAIN}'\n`,
    ].join('\n'),
  );
}

async function untilStreaming(primaryPort: number, name: string): Promise<void> {
  await withAdmin(primaryPort, (client) =>
    waitFor(
      async () => {
        const text = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'`;
        return (await client.query(text, [name])).rowCount === 1 ? true : undefined;
      },
      { what: `the standby ${name} to stream`, timeoutMs: STREAMING_TIMEOUT_MS },
    ),
  );
}

/** Commits of the primary wait for the standby from now on. */
async function makeSynchronous(primaryPort: number, name: string): Promise<void> {
  await withAdmin(primaryPort, async (client) => {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
    await client.query('SELECT pg_reload_conf()');
    await waitFor(
      async () => {
        const text = `SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND sync_state = 'sync'`;
        return (await client.query(text, [name])).rowCount === 1 ? true : undefined;
      },
      { what: `the standby ${name} to be synchronous`, timeoutMs: STREAMING_TIMEOUT_MS },
    );
  });
}

async function holdBack(port: number): Promise<void> {
  await withAdmin(port, async (client) => {
    await client.query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await client.query('SELECT pg_reload_conf()');
    await waitFor(
      async () =>
        (await client.query('SELECT 1 FROM pg_stat_wal_receiver')).rowCount === 0 ? true : undefined,
      { what: 'the standby to end its streaming', timeoutMs: STREAMING_TIMEOUT_MS },
    );
  });
}

async function promote(port: number): Promise<void> {
  await withAdmin(port, (client) => client.query('SELECT pg_promote(true, 60)'));
}

let standbys = 0;

/**
 * Makes a streaming standby of a running server and resolves when it follows (and, when synchronous, when the primary
 * waits for it). It is a server of its own: end it with `stop`.
 */
export async function startStandby(
  primary: Pick<Postgres, 'port' | 'dataDir'>,
  options: StandbyOptions,
): Promise<Standby> {
  const name = `standby_${(standbys += 1)}`;
  const dataDir = path.resolve(options.dataDir);
  await makeSlot(primary.port, name);
  await copyRunningServer(primary.port, primary.dataDir, dataDir);
  const { settings, maxPreparedTransactions, throughPort = primary.port } = options;
  await makeFollower(dataDir, throughPort, name);
  const server = await startPostgres({
    dataDir,
    ...(settings === undefined ? {} : { settings }),
    ...(maxPreparedTransactions === undefined ? {} : { maxPreparedTransactions }),
  });
  await untilStreaming(primary.port, name);
  if (options.mode === 'synchronous') await makeSynchronous(primary.port, name);
  return Object.assign(server, {
    holdBack: () => holdBack(server.port),
    promote: () => promote(server.port),
  });
}
