import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { StackError } from '../errors.js';

/**
 * Who runs PostgreSQL. It refuses to run as root, so root hands it to another user, who then must own the
 * data directory and be able to walk to it and to the binaries.
 */
export interface Account {
  /** Set when this process is root. */
  ids?: { uid: number; gid: number };
  /** The program and arguments to spawn (with `ids`) so that `command` runs under this account. */
  wrap(command: string, args: string[]): { command: string; args: string[]; uid?: number; gid?: number };
}

const USER = 'postgres';

const idOf = (flag: '-u' | '-g'): number | undefined => {
  const answer = spawnSync('id', [flag, USER], { encoding: 'utf8' });
  return answer.status === 0 ? Number.parseInt(answer.stdout, 10) : undefined;
};

function createUser(): void {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', USER], { stdio: 'pipe' });
  } catch (error) {
    throw new StackError(
      `PostgreSQL refuses to run as root, and the user "${USER}" could not be created.`,
      `Create that user, or run as another user than root.`,
      { cause: error },
    );
  }
}

function ownerOf(dataDir: string): { uid: number; gid: number } | undefined {
  if (!existsSync(path.join(dataDir, 'PG_VERSION'))) return undefined;
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? undefined : { uid, gid };
}

function serverIds(dataDir: string): { uid: number; gid: number } {
  const owner = ownerOf(dataDir);
  if (owner !== undefined) return owner;
  if (idOf('-u') === undefined) createUser();
  return { uid: idOf('-u') ?? 0, gid: idOf('-g') ?? 0 };
}

function mayEnter(directory: string, { uid, gid }: { uid: number; gid: number }): boolean {
  const stat = statSync(directory);
  if (stat.uid === uid) return (stat.mode & 0o100) !== 0;
  return (stat.mode & (stat.gid === gid ? 0o010 : 0o001)) !== 0;
}

function closedDirectory(paths: string[], ids: { uid: number; gid: number }): string | undefined {
  for (const start of paths) {
    for (let at = path.dirname(path.resolve(start)); ; at = path.dirname(at)) {
      if (existsSync(at) && !mayEnter(at, ids)) return at;
      if (at === path.dirname(at)) break;
    }
  }
  return undefined;
}

/** A checkout below /root (mode 0700) is common in containers: there the user keeps the right to walk in, and nothing else of root. */
function walkInArguments({ uid, gid }: { uid: number; gid: number }): string[] {
  const capability = '+dac_override';
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return [...identity, `--inh-caps=${capability}`, `--ambient-caps=${capability}`, '--'];
}

function walkingIn(closed: string, ids: { uid: number; gid: number }): Account {
  const args = walkInArguments(ids);
  const trial = spawnSync('setpriv', [...args, 'ls', closed], { stdio: 'ignore' });
  if (trial.status !== 0) {
    throw new StackError(
      `PostgreSQL refuses to run as root, and the user it runs as instead (uid ${ids.uid}) may not enter ${closed}.`,
      `Allow it (\`chmod o+x ${closed}\`), move the checkout or the data directory, or run as another user than root.`,
    );
  }
  return { ids, wrap: (command, rest) => ({ command: 'setpriv', args: [...args, command, ...rest] }) };
}

/**
 * Chooses the user: this one, or when this one is root the owner of the existing data, else "postgres"
 * (created when absent).
 * @param paths the data directory first, then the programs
 * @throws StackError when that user cannot be made or cannot reach the paths
 */
export function postgresAccount(paths: [dataDir: string, ...programs: string[]]): Account {
  if (process.getuid?.() !== 0) return { wrap: (command, args) => ({ command, args }) };
  const ids = serverIds(paths[0]);
  const closed = closedDirectory(paths, ids);
  if (closed !== undefined) return walkingIn(closed, ids);
  return { ids, wrap: (command, args) => ({ command, args, ...ids }) };
}
