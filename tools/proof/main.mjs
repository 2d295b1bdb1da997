/**
 * `npm run proof`: runs the layers one after the other, also after one failed, and ends with a table and a JSON report.
 * `--release` takes what it takes, `--seed N` replays, `--layer a b` runs some.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { runCommand } from '../verify/process.mjs';
import { LAYERS } from './layers.mjs';
import { printEnd, printStart, printSummary } from './report.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const { readFragment } = await import('../../dist/tools/proof/fragment.js');

const MINUTE_MS = 60_000;

function wholeNumber(text) {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}

function options() {
  const known = LAYERS.map(({ name }) => name);
  const command = new Command('npm run proof --')
    .description('Proves what Concordat promises, and shows how far.')
    .option('--release', 'the long form, before a release', false)
    .option('--seed <n>', 'replay what this seed chose', wholeNumber)
    .option('--layer <names...>', `only these: ${known.join(', ')}`)
    .option('--report <file>', 'where the JSON report goes', 'tmp/proof/report.json')
    .parse();
  const { layer: wanted = known, ...rest } = command.opts();
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    command.error(`no such layer: ${unknown.join(', ')}; layers are ${known.join(', ')}`);
  return { ...rest, layers: LAYERS.filter(({ name }) => wanted.includes(name)) };
}

/** What the layer handed in; a layer that handed in nothing has failed. */
function fragmentOf(layer, file, outcome) {
  const fault = outcome.timedOut
    ? 'took longer than its limit'
    : outcome.leftovers
      ? 'left processes behind'
      : null;
  try {
    const fragment = readFragment(file);
    const empty = fragment.checks.length === 0 ? 'checked nothing' : null;
    const silent =
      outcome.exitCode !== 0 && fragment.checks.every(({ ok }) => ok)
        ? `exit code ${outcome.exitCode}`
        : null;
    const why = fault ?? empty ?? silent;
    if (why) fragment.checks.push({ name: 'the layer itself', ok: false, detail: why });
    return fragment;
  } catch (error) {
    const detail = fault ?? `exit code ${outcome.exitCode}, no fragment: ${error.message}`;
    return { layer: layer.name, figures: {}, checks: [{ name: 'the layer itself', ok: false, detail }] };
  }
}

async function run(layer, { size, seed, signal }) {
  const file = `tmp/proof/${layer.name}.json`;
  rmSync(file, { force: true });
  process.env.PROOF_SIZE = size;
  process.env.PROOF_FRAGMENT = file;
  if (seed !== undefined) process.env.PROOF_SEED = String(seed);
  const startedAt = Date.now();
  const outcome = await runCommand(layer.command, {
    limitMs: layer.limitMinutes[size] * MINUTE_MS,
    signal,
    onHeartbeat: () => undefined,
  });
  return { layer, fragment: fragmentOf(layer, file, outcome), durationMs: Date.now() - startedAt };
}

const { layers, release, seed, report } = options();
const size = release ? 'release' : 'ci';
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => interrupted.abort());

const results = [];
for (const [index, layer] of layers.entries()) {
  if (interrupted.signal.aborted) break;
  printStart(layer, index, layers.length);
  const result = await run(layer, { size, seed, signal: interrupted.signal });
  printEnd(result);
  results.push(result);
}

const checks = results.flatMap(({ fragment }) => fragment.checks);
const failed = checks.filter(({ ok }) => !ok).length;
mkdirSync(dirname(report), { recursive: true });
const summary = { size, passed: checks.length - failed, failed };
const layersReport = results.map(({ fragment, durationMs }) => ({ ...fragment, durationMs }));
writeFileSync(report, JSON.stringify({ ...summary, layers: layersReport }, null, 1));
printSummary(results, report);
process.exitCode = failed === 0 && results.length === layers.length ? 0 : 1;
