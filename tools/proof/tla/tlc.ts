import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { ClassArchive } from '../../stack/java/class-archive.js';
import { spawnChild } from '../../stack/processes/child.js';
import { stopBySteps } from '../../stack/processes/managed-process.js';
import { repositoryRoot } from '../../stack/repository.js';
import { configWith } from './config.js';
import { parseTlc, progressOf } from './output.js';
import type { TlcResult } from './output.js';
import type { Effort, Run } from './run.js';

export interface TlcOptions {
  readonly jars: string;
  readonly javaVersion: string;
  /** Everything that TLC reads and writes lives here. */
  readonly directory: string;
  readonly cores: number;
  readonly timeoutMs: number;
  readonly log: (line: string) => void;
}

const PROGRESS_MS = 10_000;

/** The report at the end is the one that counts. */
const COVERAGE_MINUTES = '60';

/** Runs TLC once, in a directory of its own with copies of the modules: nothing is written into specs/. */
export async function runTlc(run: Run, options: TlcOptions): Promise<TlcResult> {
  const directory = path.join(options.directory, run.name.replaceAll(/\W+/g, '-'));
  const output = path.join(directory, 'tlc.out');
  await writeInput(run, directory);
  const classes = new ClassArchive(options.jars, 'tlc', options.javaVersion);
  const child = await spawnChild({
    command: 'java',
    args: [...jvm(run, options, directory), ...classes.flags(), 'tlc2.TLC', ...tlc(run, options)],
    env: process.env,
    cwd: directory,
    output: { file: output },
    lastSignal: 'KILL',
    // It must wait for others as we do, when we were started at low priority.
    session: 'shared',
  });
  const end = Date.now() + options.timeoutMs;
  let exit = await child.waitForExit(PROGRESS_MS);
  while (exit === undefined && Date.now() < end) {
    const progress = existsSync(output) ? progressOf(await readFile(output, 'utf8')) : null;
    options.log(`  ${run.name}: ${progress ?? 'starting'}`);
    exit = await child.waitForExit(PROGRESS_MS);
  }
  exit ??= await stopBySteps(child, []);
  await classes.keep(exit);
  return parseTlc(await readFile(output, 'utf8'), exit.code);
}

async function writeInput(run: Run, directory: string): Promise<void> {
  const specs = path.join(repositoryRoot(), 'specs');
  await mkdir(path.join(directory, 'tmp'), { recursive: true });
  const modules = (await readdir(specs)).filter((file) => file.endsWith('.tla'));
  await Promise.all(modules.map((file) => copyFile(path.join(specs, file), path.join(directory, file))));
  const base = await readFile(path.join(specs, run.config), 'utf8');
  await writeFile(path.join(directory, 'run.cfg'), configWith(base, run));
}

/** A short search is over before an optimizing compiler pays; on one core a parallel collector never does. */
const MACHINE: Readonly<Record<Effort, readonly string[]>> = {
  short: ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx700m'],
  long: ['-XX:+UseSerialGC', '-Xmx1800m'],
  huge: ['-XX:+UseParallelGC', '-Xmx4g'],
};

function jvm({ effort = 'short' }: Run, { jars }: TlcOptions, directory: string): string[] {
  // TLC unpacks its standard modules into the temporary directory: two runs must not share one.
  const temporary = `-Djava.io.tmpdir=${path.join(directory, 'tmp')}`;
  return [...MACHINE[effort], temporary, '-cp', path.join(jars, '*')];
}

function tlc({ expect, module, effort = 'short' }: Run, { cores }: TlcOptions): string[] {
  const counts = expect.kind === 'holds' && effort === 'short';
  return [
    ...(counts ? ['-coverage', COVERAGE_MINUTES] : []),
    ...['-tool', '-lncheck', 'final', '-metadir', 'states', '-workers', effort === 'huge' ? `${cores}` : '1'],
    ...['-config', 'run.cfg', module],
  ];
}
