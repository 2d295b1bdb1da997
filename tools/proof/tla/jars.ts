import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { claimDirectory } from '../../stack/claim.js';
import { spawnChild } from '../../stack/processes/child.js';
import { stopAfter } from '../../stack/processes/managed-process.js';
import { repositoryRoot } from '../../stack/repository.js';

const DOWNLOAD_TIMEOUT_MS = 300_000;
const OLDEST_JAVA = 17;
const REMEDY = 'Install it (Debian: `apt-get install openjdk-17-jre-headless maven`).';

/**
 * The folder with the jar of TLC that pom.xml names; fetched from the Maven repository when absent, kept in node_modules/.cache.
 * @throws Error when Java or Maven is missing, or the jar cannot be fetched: the layer then fails, it is never skipped
 */
export async function tlcJars(log: (line: string) => void): Promise<string> {
  requireJava();
  const pom = path.join(repositoryRoot(), 'tools', 'proof', 'tla', 'pom.xml');
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = path.join(repositoryRoot(), 'node_modules', '.cache', 'concordat', `tla-${digest}`);
  if (existsSync(folder)) return folder;
  const claim = await claimDirectory(folder);
  try {
    log('TLC: fetching its jar (3 MB, once)');
    await copyJars(pom, folder);
  } finally {
    await claim.release();
  }
  return folder;
}

async function copyJars(pom: string, folder: string): Promise<void> {
  requireMaven();
  const target = `${folder}.partial`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`];
  const child = await spawnChild({
    command: 'mvn',
    args: ['--batch-mode', '-f', pom, ...goal],
    env: process.env,
    output: {},
    lastSignal: 'KILL',
  });
  const { code } = await stopAfter(child, DOWNLOAD_TIMEOUT_MS);
  if (code !== 0) throw new Error(`Maven could not fetch TLC:\n${child.logTail()}`);
  await rename(target, folder);
}

function requireJava(): void {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`TLC needs Java ${OLDEST_JAVA}, and there is no \`java\`. ${REMEDY}`);
  const version = /version "(\d+)/.exec(stderr)?.[1];
  if (version !== undefined && Number(version) < OLDEST_JAVA) {
    throw new Error(`TLC needs Java ${OLDEST_JAVA}; \`java\` is version ${version}. ${REMEDY}`);
  }
}

function requireMaven(): void {
  const { status } = spawnSync('mvn', ['--version'], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`TLC is fetched by Maven, and there is no \`mvn\`. ${REMEDY}`);
}
