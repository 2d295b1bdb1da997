import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const COUNTS = [1, 2, 3, 4];

/** Ever more coordinators share one ledger, one broker and the load. */
export async function coordinators(site: Site, options: Options): Promise<Series> {
  const installation = await startTcc(site, options, 2, { coordinators: 1 });
  const contenders = [installation.contender(tccTransfer())];
  return {
    xLabel: 'coordinators',
    oneWay: true,
    steps: (options.steps ?? COUNTS).map((count) => ({
      x: count,
      contenders,
      enter: () => installation.growTo(count),
    })),
    stop: () => installation.stop(),
  };
}
