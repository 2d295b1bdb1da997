import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The package of its own that peers are installed in: nobody who installs Concordat gets them. */
export const PEERS_DIR = path.join('test', 'bench');

const run = promisify(execFile);

/** Installs the peers from their lockfile unless they are there. Throws with a remedy when the registry does not give them. */
export async function installPeers(say: (line: string) => void): Promise<void> {
  if (existsSync(path.join(PEERS_DIR, 'node_modules', '@dbos-inc', 'dbos-sdk'))) return;
  say(`installing the peers (npm ci in ${PEERS_DIR})`);
  try {
    await run('npm', ['ci', '--ignore-scripts'], { cwd: PEERS_DIR });
  } catch (error) {
    const remedy = 'Without a registry run the bench with --no-peers.';
    throw new Error(`The peers could not be installed. ${remedy}`, { cause: error });
  }
}
