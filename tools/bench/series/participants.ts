import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const COUNTS = [2, 4, 8, 16];

/** One transaction over ever more participants, each a process with a database of its own. */
export async function participants(site: Site, options: Options): Promise<Series> {
  const counts = options.steps ?? COUNTS;
  const installation = await startTcc(site, options, Math.max(...counts));
  return {
    xLabel: 'participants',
    oneWay: false,
    steps: counts.map((count) => ({ x: count, contenders: [installation.contender(tccTransfer(count))] })),
    stop: () => installation.stop(),
  };
}
