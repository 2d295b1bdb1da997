import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { Options } from '../options.js';
import type { Sample } from '../run.js';
import { POSTGRES_SETTINGS } from '../site.js';
import type { Row } from './summary.js';

/** Writes `report.json`: what was asked for, on which machine, each row and each sample. Returns its path. */
export async function writeReport(
  options: Options,
  rows: readonly Row[],
  samples: readonly Sample[],
): Promise<string> {
  await mkdir(options.out, { recursive: true });
  const file = path.join(options.out, 'report.json');
  const machine = {
    cores: os.cpus().length,
    model: os.cpus()[0]?.model,
    memoryBytes: os.totalmem(),
    node: process.version,
  };
  const report = {
    at: new Date().toISOString(),
    machine,
    postgres: POSTGRES_SETTINGS,
    options,
    rows,
    samples,
  };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}
