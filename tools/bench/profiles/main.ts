/*
 * `node dist/tools/bench/profiles/main.js <file.cpuprofile …>`: whose code the CPU time of a profile went to, as a table.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { figure, table } from '../report/table.js';
import { timeByOwner, type CpuProfile } from './cpu-profile.js';
import { originalPlace } from './original-place.js';

const SHOWN = 20;
const IDLE = '(idle)';

function tableOf(file: string): string {
  const times = timeByOwner(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, originalPlace);
  times.delete(IDLE);
  const busyUs = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([owner, time]) => [owner, figure(time / 1e6), `${((100 * time) / busyUs).toFixed(1)} %`]);
  return table([path.basename(file, '.cpuprofile'), 'CPU s', 'share'], rows);
}

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('Usage: node dist/tools/bench/profiles/main.js <file.cpuprofile …>\n');
  process.exit(2);
}
for (const file of files) process.stdout.write(`${tableOf(file)}\n\n`);
