/*
 * `npm run bench`: how fast Concordat is on this machine, beside what this machine could do at best. README.md of test/bench says
 * what is measured and how to read it. Exit code 0 when everything was measured and the money is still there.
 */
import process from 'node:process';

import { readOptions, type Options } from './options.js';
import { Observer } from './measure/observer.js';
import { costTable, throughputTable } from './report/print.js';
import { writeReport } from './report/write-report.js';
import { statementTable } from './report/statements.js';
import { summarize } from './report/summary.js';
import { measureAll, type Progress } from './run.js';
import { SERIES } from './series/all.js';
import type { Series } from './series/series.js';
import { openSite, type Site } from './site.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const progress: Progress = {
  warmingUp: (contender) => void process.stdout.write(`warming up ${contender} `),
  warmedUp: (rates) => say(`${rates.map(Math.round).join(', ')}/s`),
  before: (contender, x, round, leftMs) =>
    void process.stdout.write(
      `round ${round}  ${String(x).padEnd(8)} ${contender.padEnd(28)} (${Math.ceil(leftMs / 1000)} s left) `,
    ),
  after: ({ result }) =>
    say(
      `${Math.round(result.endings.committed / result.seconds)}/s  p50 ${result.latency.p50Ms.toFixed(1)} ms`,
    ),
};

/** What must be ended again, also when the start of the next one fails. */
interface Open {
  site?: Site;
  series?: Series;
  observer?: Observer;
}

async function bench(options: Options, open: Open): Promise<void> {
  const site = await openSite({ profileDir: options.profileDir, long: !options.quick, say });
  open.site = site;
  await Promise.race([measureSeries(site, options, open), site.died]);
}

async function measureSeries(site: Site, options: Options, open: Open): Promise<void> {
  const series = await SERIES[options.series](site, options, say);
  open.series = series;
  open.observer = await Observer.open(site);
  const samples = await measureAll(series, options, open.observer, progress);
  const rows = summarize(samples);
  const { xLabel } = series;
  say(`\n${throughputTable(rows, xLabel)}\n\n${costTable(rows, xLabel)}`);
  if (options.statements) {
    for (const sample of samples) say(`\n${statementTable(sample, xLabel)}`);
  }
  const files = await writeReport({ options, series: options.series, xLabel, rows, samples });
  say(`\nwritten: ${files.join(', ')}`);
}

async function close({ observer, series, site }: Open): Promise<void> {
  await observer?.close();
  await series?.stop();
  await site?.close();
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Resolves with the exit code a shell expects once a signal asks to end. */
function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(EXIT_CODES)) process.on(signal, () => resolve(code));
  });
}

/** What goes wrong after an interruption is its consequence, and nobody's news. */
async function run(open: Open, interruption: AbortSignal): Promise<number> {
  try {
    await bench(readOptions(process.argv.slice(2)), open);
    return 0;
  } catch (error) {
    if (interruption.aborted) return 1;
    process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
}

const open: Open = {};
const interruption = new AbortController();
const exitCode = await Promise.race([
  run(open, interruption.signal),
  interrupted().finally(() => interruption.abort()),
]);
await close(open);
process.exit(exitCode);
