import { chown, copyFile, lchown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';

import { withAdmin } from './connection.js';

/** Not part of a backup: they belong to the running server, or come over the stream. */
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|pg_wal\/.+|pg_replslot\/.+|pg_stat_tmp\/.+|pg_dynshmem\/.+|.*pgsql_tmp.*)$/;

const vanished = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** The server may drop a file between the listing and the copy; its log of changes then tells the copy so. */
async function copyOne(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (vanished(error)) return false;
    throw error;
  }
}

async function copyTree(
  from: string,
  to: string,
  owner: { uid: number; gid: number },
  below = '',
): Promise<void> {
  await mkdir(path.join(to, below), { mode: 0o700 });
  await chown(path.join(to, below), owner.uid, owner.gid);
  for (const entry of await readdir(path.join(from, below), { withFileTypes: true })) {
    const name = path.posix.join(below, entry.name);
    if (LEFT_OUT.test(name)) continue;
    if (entry.isDirectory()) await copyTree(from, to, owner, name);
    else if (await copyOne(path.join(from, name), path.join(to, name)))
      await lchown(path.join(to, name), owner.uid, owner.gid);
  }
}

async function between(client: pg.Client, copy: () => Promise<void>): Promise<string> {
  await client.query(`SELECT pg_backup_start('standby', true)`);
  await copy();
  const { rows } = await client.query<{ labelfile: string }>(
    'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
  );
  return rows[0]!.labelfile;
}

/**
 * A base backup of a running server into the new directory `to`, as pg_basebackup makes it (that program is not among the
 * binaries at hand). It needs the log from its start on: make a replication slot first.
 */
export async function copyRunningServer(port: number, from: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from);
  const label = await withAdmin(port, (client) => between(client, () => copyTree(from, to, { uid, gid })));
  const file = path.join(to, 'backup_label');
  await writeFile(file, label);
  await chown(file, uid, gid);
}
