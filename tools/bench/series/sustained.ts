import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const SECONDS = 60;
const SLICE_SECONDS = 10;
const IN_FLIGHT = 256;

/** A minute of full load in slices, one after the other without a pause: throughput and memory must stay what they are. */
export async function sustained(site: Site, options: Options): Promise<Series> {
  const installation = await startTcc(site, options);
  const contenders = [installation.contender(tccTransfer())];
  const slices = Array.from({ length: SECONDS / SLICE_SECONDS }, (_, index) => (index + 1) * SLICE_SECONDS);
  return {
    xLabel: 'after seconds',
    oneWay: false,
    steps: slices.map((seconds) => ({
      x: seconds,
      contenders,
      workload: { inFlight: IN_FLIGHT, warmupMs: 0, measureMs: SLICE_SECONDS * 1000 },
    })),
    stop: () => installation.stop(),
  };
}
