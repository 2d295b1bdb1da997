import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { claimDirectory, type Claim } from '../claim.js';
import { StackError } from '../errors.js';
import { spawnChild } from '../processes/child.js';
import { stopAfter } from '../processes/managed-process.js';
import { repositoryRoot } from '../repository.js';
import { waitFor } from '../wait.js';
import { requireMaven } from './java.js';
import type { JavaUser } from './java.js';

export interface JarsWanted extends JavaUser {
  /** Of the folder. */
  readonly folder: string;
  /** Below the repository. */
  readonly pom: string;
  /** For the one who waits: how much it is. */
  readonly size: string;
  readonly log: (line: string) => void;
}

const DOWNLOAD_TIMEOUT_MS = 300_000;

/** One folder per content of the pom: a changed version never meets the jars of the old one. */
function folderFor({ folder, pom }: JarsWanted): string {
  const content = readFileSync(path.join(repositoryRoot(), pom));
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return path.join(repositoryRoot(), 'node_modules', '.cache', 'concordat', `${folder}-${digest}`);
}

async function copyJars(wanted: JarsWanted, folder: string): Promise<void> {
  requireMaven(wanted);
  wanted.log(`${wanted.name}: fetching its jars (${wanted.size}, once)`);
  const target = `${folder}.partial`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`];
  const child = await spawnChild({
    command: 'mvn',
    args: ['--batch-mode', '-f', path.join(repositoryRoot(), wanted.pom), ...goal],
    env: process.env,
    output: {},
    lastSignal: 'KILL',
  });
  const { code } = await stopAfter(child, DOWNLOAD_TIMEOUT_MS);
  if (code !== 0) {
    const remedy = `Without a way to a Maven repository: ${wanted.instead ?? 'nothing else will do'}.`;
    throw new StackError(`Maven could not fetch the jars of ${wanted.name}:\n${child.logTail()}`, remedy);
  }
  await rename(target, folder);
}

/** Several test files may want the jars at once: one fetches, the others wait for it. */
async function claimWhenFree(folder: string): Promise<Claim> {
  const attempt = async (): Promise<Claim | undefined> => {
    try {
      return await claimDirectory(folder);
    } catch (error) {
      if (error instanceof StackError) return undefined;
      throw error;
    }
  };
  const what = `another process to fetch the jars into ${folder}`;
  return waitFor(attempt, { what, timeoutMs: DOWNLOAD_TIMEOUT_MS, intervalMs: 200 });
}

/**
 * The folder with the jars that a pom names; fetched when absent, kept in node_modules/.cache.
 * @throws StackError when Maven is missing or cannot fetch them
 */
export async function jarsOf(wanted: JarsWanted): Promise<string> {
  const folder = folderFor(wanted);
  if (existsSync(folder)) return folder;
  const claim = await claimWhenFree(folder);
  try {
    if (!existsSync(folder)) await copyJars(wanted, folder);
  } finally {
    await claim.release();
  }
  return folder;
}
