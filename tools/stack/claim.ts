import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { StackError } from './errors.js';
import { readIfPresent } from './files.js';
import { processIdentity } from './processes/identity.js';

/** Held while this process uses a data directory. */
export interface Claim {
  release(): Promise<void>;
}

const isAlive = (owner: string): boolean => {
  const pid = Number.parseInt(owner, 10);
  return Number.isInteger(pid) && processIdentity(pid) === owner;
};

async function tryToWrite(file: string, owner: string): Promise<boolean> {
  try {
    await writeFile(file, `${owner}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Marks `directory` as used by this process, in the file `<directory>.owner` beside it. A mark whose
 * process is dead (it was killed) is replaced.
 * @throws StackError when another living process, or this one, uses the directory already
 */
export async function claimDirectory(directory: string): Promise<Claim> {
  const file = `${directory}.owner`;
  const own = processIdentity(process.pid) ?? String(process.pid);
  await mkdir(path.dirname(file), { recursive: true });
  while (!(await tryToWrite(file, own))) {
    const owner = readIfPresent(file)?.trim();
    if (owner !== undefined && isAlive(owner)) {
      throw new StackError(
        `${directory} is in use by process ${Number.parseInt(owner, 10)}`,
        'Stop that run first, or give this one another directory.',
      );
    }
    await rm(file, { force: true });
  }
  return { release: () => rm(file, { force: true }) };
}
