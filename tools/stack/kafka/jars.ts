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

const DOWNLOAD_TIMEOUT_MS = 300_000;

/** One folder per content of the pom: a changed version never meets the jars of the old one. */
function folderFor(pom: string): string {
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  return path.join(repositoryRoot(), 'node_modules', '.cache', 'concordat', `kafka-${digest}`);
}

/** Maven says one line per file; the jars of the broker are worth showing, its plugins are not. */
function reportJars(log: (line: string) => void): (line: string) => void {
  return (line) => {
    const jar = /Downloaded from \S+ \S*\/((?:kafka|scala-library)[^/]*\.jar)/.exec(line)?.[1];
    if (jar !== undefined) log(`Kafka: fetched ${jar}`);
  };
}

async function copyJars(pom: string, folder: string, log: (line: string) => void): Promise<void> {
  requireMaven();
  log('Kafka: fetching the jars of the broker (43 MB, once)');
  const target = `${folder}.partial`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`];
  const child = await spawnChild({
    command: 'mvn',
    args: ['--batch-mode', '-f', pom, ...goal],
    env: process.env,
    output: { onLine: reportJars(log) },
    lastSignal: 'KILL',
  });
  const { code } = await stopAfter(child, DOWNLOAD_TIMEOUT_MS);
  if (code !== 0) {
    const remedy = 'Without a way to a Maven repository, set KAFKA_BROKERS to a broker that runs already.';
    throw new StackError(`Maven could not fetch the broker's jars:\n${child.logTail()}`, remedy);
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
  const what = `another process to fetch the broker's jars into ${folder}`;
  return waitFor(attempt, { what, timeoutMs: DOWNLOAD_TIMEOUT_MS, intervalMs: 200 });
}

/**
 * The folder with the jars of the broker that tools/kafka/pom.xml names; fetched when absent.
 * @throws StackError when Maven is missing or cannot fetch them
 */
export async function kafkaJars(log: (line: string) => void): Promise<string> {
  const pom = path.join(repositoryRoot(), 'tools', 'kafka', 'pom.xml');
  const folder = folderFor(pom);
  if (existsSync(folder)) return folder;
  const claim = await claimWhenFree(folder);
  try {
    if (!existsSync(folder)) await copyJars(pom, folder, log);
  } finally {
    await claim.release();
  }
  return folder;
}
