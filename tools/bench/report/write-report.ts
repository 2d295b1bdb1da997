import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { Options } from '../options.js';
import type { Sample } from '../run.js';
import { POSTGRES_SETTINGS } from '../site.js';
import { benchSvg } from './svg/bench-svg.js';
import type { Row } from './summary.js';

/** What is written down of a run. */
export interface Report {
  readonly options: Options;
  /** `comparison`, or the name of the series. */
  readonly series: string;
  readonly xLabel: string;
  readonly rows: readonly Row[];
  readonly samples: readonly Sample[];
}

/** Writes `<series>.json` (what was asked for, on which machine, each row and each sample) and `<series>.svg`. Returns their paths. */
export async function writeReport(report: Report): Promise<string[]> {
  const { out } = report.options;
  await mkdir(out, { recursive: true });
  const file = path.join(out, `${report.series}.json`);
  const whole = { at: new Date().toISOString(), machine: machine(), postgres: POSTGRES_SETTINGS, ...report };
  await writeFile(file, `${JSON.stringify(whole, null, 2)}\n`);
  const drawing = path.join(out, `${report.series}.svg`);
  await writeFile(drawing, benchSvg(report.rows, report.xLabel));
  return [file, drawing];
}

const machine = () => ({
  cores: os.cpus().length,
  model: os.cpus()[0]?.model,
  memoryBytes: os.totalmem(),
  node: process.version,
});
