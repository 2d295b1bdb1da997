import { chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { StackError } from '../errors.js';
import { spawnChild } from '../processes/child.js';
import { stopAfter } from '../processes/managed-process.js';
import type { Account } from './account.js';
import { PASSWORD, SUPERUSER } from './connection.js';

const MAJOR_VERSION = '18';
const INITDB_TIMEOUT_MS = 120_000;

/** The environment without PGPORT, PGDATA and the like, which would reach into a server that is not theirs. */
export const serverEnv = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
};

async function checkExisting(dataDir: string): Promise<void> {
  const version = (await readFile(path.join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  if (version !== MAJOR_VERSION) {
    throw new StackError(
      `${dataDir} was written by PostgreSQL ${version}; this is ${MAJOR_VERSION}.`,
      'Remove that directory (its data is lost) or give another one.',
    );
  }
  const { uid } = statSync(dataDir);
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && own !== uid) {
    throw new StackError(
      `${dataDir} belongs to another user (uid ${uid}), probably from a run as root.`,
      'Remove it or change its owner, then start again.',
    );
  }
}

async function refuseForeign(dataDir: string): Promise<void> {
  if (existsSync(dataDir) && (await readdir(dataDir)).length > 0) {
    throw new StackError(
      `${dataDir} is not empty and no PostgreSQL data directory.`,
      'Give another directory.',
    );
  }
}

async function runInitdb(initdb: string, target: string, account: Account): Promise<void> {
  const passwordFile = `${target}.password`;
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  if (account.ids !== undefined) await chown(passwordFile, account.ids.uid, account.ids.gid);
  const access = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
  const args = ['--pgdata', target, '--username', SUPERUSER, '--encoding=UTF8', '--locale=C', ...access];
  try {
    const child = await spawnChild({
      ...account.wrap(initdb, args),
      env: serverEnv(),
      output: {},
      lastSignal: 'KILL',
    });
    const exit = await stopAfter(child, INITDB_TIMEOUT_MS);
    if (exit.code !== 0) throw new StackError(`initdb failed for ${target}:\n${child.logTail()}`, '');
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * Makes sure that `dataDir` holds a database cluster of the right version. A new one is made beside it
 * and renamed at the end, so that a crash in between leaves nothing half made.
 */
export async function prepareDataDirectory(
  dataDir: string,
  initdb: string,
  account: Account,
): Promise<'made' | 'kept'> {
  if (existsSync(path.join(dataDir, 'PG_VERSION'))) {
    await checkExisting(dataDir);
    return 'kept';
  }
  await refuseForeign(dataDir);
  const target = `${dataDir}.new`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true, mode: 0o700 });
  if (account.ids !== undefined) await chown(target, account.ids.uid, account.ids.gid);
  await runInitdb(initdb, target, account);
  await rm(dataDir, { recursive: true, force: true });
  await rename(target, dataDir);
  return 'made';
}
