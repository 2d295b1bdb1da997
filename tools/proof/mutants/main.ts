/**
 * The mutants of proof.md §Layers 6: each is planted in a copy of the sources, and must be caught. Checks that an unplanted copy
 * is *not* caught, by the simulation or by any of the specs, come first: otherwise everything would be.
 */
import { spawn } from 'node:child_process';
import { assignmentOf, writeFragment } from '../fragment.js';
import type { Check } from '../fragment.js';
import { SourceCopy } from './copy.js';
import { MUTANTS } from './mutants.js';
import type { Catcher, Mutant } from './mutants.js';

const LAYER = 'mutants';
const DIR = 'tmp/proof/mutants';
/** Transactions the simulation may need to catch one. */
const LIMIT = { ci: 60_000, release: 200_000 };
const CONTROL_TRANSACTIONS = 800;
/** Longer is a hang. Seconds on a machine of its own, but it may have to wait for the other lane and for others. */
const LONGEST_MS = 600_000;
const NODE = process.execPath;

interface Verdict {
  readonly caught: boolean;
  readonly how: string;
  readonly seconds: number;
}

function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const [, ...args] = command;
  const child = spawn(NODE, args, { cwd: DIR, stdio: ['ignore', 'pipe', 'pipe'], timeout: LONGEST_MS });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}

function commandOf(catcher: Catcher, first: number, limit: number): readonly string[] {
  if (catcher === 'simulation')
    return [NODE, 'dist/tools/proof/mutants/hunt.js', String(first), String(limit)];
  const jest = ['--experimental-vm-modules', '../../../node_modules/jest/bin/jest.js', '--ci', '--runInBand'];
  return [NODE, ...jest, '--selectProjects', 'unit', '--testPathPatterns', ...catcher.specs];
}

async function judged(catcher: Catcher, first: number, limit: number): Promise<Verdict> {
  const startedMs = performance.now();
  const { code, output } = await run(commandOf(catcher, first, limit));
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  if (catcher === 'simulation') {
    const told = output.trim().split('\n').at(-1) ?? '';
    if (!told.startsWith('{')) throw new Error(`the hunt failed: ${output.slice(-2_000)}`);
    return { caught: code === 0, how: told, seconds };
  }
  // "Tests: 3 failed" and not "Test suite failed to run": it was a test that saw it.
  const failed = /^Tests:\s+\d+ failed/m.test(output);
  return { caught: failed, how: /^\s+● (.+)$/m.exec(output)?.[1] ?? output.slice(-200), seconds };
}

const layerOf = ({ catcher }: Mutant): string =>
  catcher === 'simulation' ? 'simulation' : catcher.specs.join(', ');
/** Every spec that is to catch one. */
const SPECS = MUTANTS.flatMap(({ catcher }) => (catcher === 'simulation' ? [] : catcher.specs));

async function main(): Promise<void> {
  const { size, seed, fragmentFile } = assignmentOf(LAYER);
  const first = seed ?? 1;
  const copy = new SourceCopy(DIR);
  const checks: Check[] = [];
  const rows: (string | number)[][] = [];
  for (const catcher of ['simulation', { specs: SPECS }] as const) {
    const { caught, how } = await judged(catcher, first, CONTROL_TRANSACTIONS);
    const by = catcher === 'simulation' ? catcher : 'a spec';
    checks.push({ name: `the copy without a planted bug is not caught by ${by}`, ok: !caught, detail: how });
  }
  for (const mutant of MUTANTS) {
    const remove = copy.plant(mutant);
    const { caught, how, seconds } = await judged(mutant.catcher, first, LIMIT[size]);
    remove();
    console.log(`${caught ? 'caught' : 'GOT AWAY'} in ${seconds} s: ${mutant.name}`);
    checks.push({ name: mutant.name, ok: caught, detail: how.slice(0, 300) });
    rows.push([mutant.name, layerOf(mutant), seconds, how.slice(0, 100)]);
  }
  writeFragment(fragmentFile, {
    layer: LAYER,
    figures: {
      mutants: MUTANTS.length,
      caught: rows.length - checks.slice(-rows.length).filter(({ ok }) => !ok).length,
    },
    checks,
    table: { columns: ['mutant', 'caught by', 'seconds', 'how'], rows },
  });
}

await main();
