import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { Options } from '../options.js';
import type { Sample } from '../run.js';
import { POSTGRES_SETTINGS } from '../site.js';
import { benchSvg } from './svg/bench-svg.js';
import type { Row } from './summary.js';

/** Writes `report.json` (what was asked for, on which machine, each row and each sample) and `bench.svg`. Returns their paths. */
export async function writeReport(
  options: Options,
  rows: readonly Row[],
  samples: readonly Sample[],
): Promise<string[]> {
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
  const drawing = path.join(options.out, 'bench.svg');
  await writeFile(
    drawing,
    benchSvg(rows, { label: 'transactions in flight', of: ({ inFlight }) => inFlight }),
  );
  return [file, drawing];
}
