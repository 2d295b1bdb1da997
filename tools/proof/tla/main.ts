/**
 * The layer `tla`: TLC over specs/. `node dist/tools/proof/tla/main.js [--only <part of a name>]`.
 * As many searches at a time as there are cores, the long ones first; huge ones one after another.
 */
import { availableParallelism } from 'node:os';
import { jarsOf } from '../../stack/java/jars.js';
import { requireJava } from '../../stack/java/java.js';
import { temporaryDirectory } from '../../stack/temporary-directory.js';
import { assignmentOf, writeFragment } from '../fragment.js';
import type { Check } from '../fragment.js';
import { actionsNeverTaken } from './coverage.js';
import { judge } from './judge.js';
import type { TlcResult } from './output.js';
import type { Effort, Run } from './run.js';
import { runsOf } from './runs.js';
import { runTlc } from './tlc.js';
import type { TlcOptions } from './tlc.js';

const TLC = { name: 'TLC' };
const CORES = availableParallelism();
const TIMEOUT_MS = { ci: 900_000, release: 7_200_000 } as const;

interface Done {
  readonly run: Run;
  readonly result: TlcResult;
  readonly check: Check;
}

const log = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function runOne(run: Run, options: TlcOptions): Promise<Done> {
  const started = performance.now();
  const result = await runTlc(run, options);
  const check = judge(run, result, (performance.now() - started) / 1_000);
  log(`${check.ok ? 'ok  ' : 'FAIL'} ${check.name}: ${check.detail}`);
  return { run, result, check };
}

/** Each lane takes the next run when it is free. */
async function runAll(runs: readonly Run[], options: TlcOptions, lanes: number): Promise<Done[]> {
  const queue = [...runs];
  const done: Done[] = [];
  const lane = async (): Promise<void> => {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      done.push(await runOne(run, options));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return done.sort((a, b) => runs.indexOf(a.run) - runs.indexOf(b.run));
}

/** With the long searches started first, none is left to be waited for alone at the end. */
async function search(runs: readonly Run[], options: TlcOptions): Promise<Done[]> {
  const of = (...efforts: Effort[]): readonly Run[] =>
    efforts.flatMap((wanted) => runs.filter(({ effort = 'short' }) => effort === wanted));
  const abreast = await runAll(of('long', 'short'), options, CORES);
  return [...abreast, ...(await runAll(of('huge'), options, 1))];
}

function coverage(done: readonly Done[]): Check {
  const never = actionsNeverTaken(done.map(({ result }) => result));
  const detail = never.length === 0 ? 'in at least one search' : `never: ${never.join(', ')}`;
  return { name: 'every action of the specifications is taken', ok: never.length === 0, detail };
}

function figures(done: readonly Done[]): Record<string, number> {
  const finished = done.flatMap(({ result }) => (result.kind === 'holds' ? [result] : []));
  const sum = (of: (result: (typeof finished)[number]) => number): number =>
    finished.reduce((total, result) => total + of(result), 0);
  return {
    'distinct states': sum(({ distinct }) => distinct),
    'generated states': sum(({ generated }) => generated),
    'rules removed': done.filter(({ run, check }) => run.expect.kind === 'violates' && check.ok).length,
  };
}

async function main(only: string | undefined): Promise<boolean> {
  const { size, fragmentFile } = assignmentOf('tla');
  const runs = runsOf(size).filter(({ name }) => only === undefined || name.includes(only));
  const javaVersion = requireJava(TLC);
  const jars = await jarsOf({ ...TLC, folder: 'tla', pom: 'tools/proof/tla/pom.xml', size: '3 MB', log });
  const directory = await temporaryDirectory('tla');
  const limits = { cores: CORES, timeoutMs: TIMEOUT_MS[size] };
  const options = { jars, javaVersion, directory: directory.path, ...limits, log };
  try {
    const done = await search(runs, options);
    const sound = done.filter(({ run }) => run.expect.kind === 'holds');
    const checks = [...done.map(({ check }) => check), ...(only === undefined ? [coverage(sound)] : [])];
    writeFragment(fragmentFile, { layer: 'tla', figures: figures(done), checks });
    return checks.length > 0 && checks.every(({ ok }) => ok);
  } finally {
    await directory.remove();
  }
}

const flag = process.argv.indexOf('--only');
const ok = await main(flag < 0 ? undefined : process.argv[flag + 1]);
process.exitCode = ok ? 0 : 1;
