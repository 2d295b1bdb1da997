/*
 * `npm run bench`: how fast Concordat is on this machine, beside what this machine could do at best. README.md of test/bench says
 * what is measured and how to read it. Exit code 0 when everything was measured and the money is still there.
 */
import process from 'node:process';

import { lineUp, type Lineup } from './contenders/lineup.js';
import { readOptions, type Options } from './options.js';
import { throughputTable } from './report/print.js';
import { summarize } from './report/summary.js';
import { measureAll, type Progress } from './run.js';
import { openSite, type Site } from './site.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const progress: Progress = {
  before: (contender, inFlight, round, leftMs) =>
    void process.stdout.write(
      `round ${round}  C=${String(inFlight).padEnd(5)} ${contender.padEnd(28)} (${Math.ceil(leftMs / 1000)} s left) `,
    ),
  after: ({ result }) =>
    say(
      `${Math.round(result.endings.committed / result.seconds)}/s  p50 ${result.latency.p50Ms.toFixed(1)} ms`,
    ),
};

async function bench(options: Options, open: { site?: Site; lineup?: Lineup }): Promise<void> {
  open.site = await openSite({ profileDir: options.profileDir, long: !options.quick, say });
  open.lineup = await lineUp(open.site, options, say);
  const samples = await measureAll(open.lineup.contenders, options, progress);
  say(`\n${throughputTable(summarize(samples, () => 'floor tcc'))}`);
}

async function main(): Promise<number> {
  const open: { site?: Site; lineup?: Lineup } = {};
  try {
    await bench(readOptions(process.argv.slice(2)), open);
    return 0;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  } finally {
    await open.lineup?.stop();
    await open.site?.close();
  }
}

process.exit(await main());
