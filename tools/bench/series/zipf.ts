import type { Options } from '../options.js';
import type { Site } from '../site.js';
import { floorName, startFloor } from '../floor/floor.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const THETAS = [0, 0.5, 0.9, 0.99];

/** A hot few accounts: from every account as often as another to YCSB's skew. */
export async function zipf(site: Site, options: Options): Promise<Series> {
  const installation = await startTcc(site, options);
  const floor = await startFloor(site, 'tcc');
  const ours = { ...installation.contender(tccTransfer()), floor: floorName('tcc') };
  return {
    xLabel: 'Zipf theta',
    oneWay: false,
    steps: (options.steps ?? THETAS).map((theta) => ({
      x: theta,
      contenders: [ours, floor],
      workload: { theta },
    })),
    stop: async () => {
      await Promise.all([installation.stop(), floor.stop()]);
    },
  };
}
