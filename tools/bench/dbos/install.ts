import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** The package that names the peers, below the root of the repository. */
const PACKAGE_DIR = path.join('test', 'bench');
const FILES = ['package.json', 'package-lock.json', '.npmrc'];
/** Out of reach of everything that looks through the sources. */
const CACHE_DIR = path.join('node_modules', '.cache', 'concordat');

const run = promisify(execFile);

/** Another lockfile is another place. */
function installDir(): string {
  const lock = readFileSync(path.join(PACKAGE_DIR, 'package-lock.json'));
  const name = createHash('sha256').update(lock).digest('hex').slice(0, 12);
  return path.resolve(CACHE_DIR, `bench-peers-${name}`);
}

/**
 * Installs the peers from their lockfile unless they are there; returns where. Nobody who installs Concordat gets them.
 * @throws Error with a remedy when the registry does not give them
 */
export async function installPeers(say: (line: string) => void): Promise<string> {
  const target = installDir();
  if (existsSync(target)) return target;
  say('installing the peers of the bench (npm ci)');
  const unfinished = `${target}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const file of FILES) await cp(path.join(PACKAGE_DIR, file), path.join(unfinished, file));
  try {
    await run('npm', ['ci', '--ignore-scripts'], { cwd: unfinished });
  } catch (error) {
    const remedy = 'Without a registry run the bench with --no-peers.';
    throw new Error(`The peers of the bench could not be installed. ${remedy}`, { cause: error });
  }
  await rename(unfinished, target);
  return target;
}
