/**
 * `npm run proof`: runs the layers in two lanes, also after one failed, and ends with a table and a JSON report.
 * `--release` takes what it takes, `--seed N` replays, `--layer a b` runs some.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { runLanes } from './lanes.mjs';
import { LAYERS } from './layers.mjs';
import { printSummary } from './report.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

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

const { layers, release, seed, report } = options();
const size = release ? 'release' : 'ci';
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => interrupted.abort());

const startedAt = Date.now();
const results = await runLanes(layers, { size, seed, signal: interrupted.signal });

const checks = results.flatMap(({ fragment }) => fragment.checks);
const failed = checks.filter(({ ok }) => !ok).length;
mkdirSync(dirname(report), { recursive: true });
const summary = { size, passed: checks.length - failed, failed };
const layersReport = results.map(({ fragment, durationMs }) => ({ ...fragment, durationMs }));
writeFileSync(report, JSON.stringify({ ...summary, layers: layersReport }, null, 1));
printSummary(results, report, Date.now() - startedAt);
process.exitCode = failed === 0 && results.length === layers.length ? 0 : 1;
