import { lineUp } from '../contenders/lineup.js';
import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';

/** Everything asked for beside its floor and its peers, along the number of transactions in flight. */
export async function comparison(site: Site, options: Options, say: (line: string) => void): Promise<Series> {
  const { contenders, stop } = await lineUp(site, options, say);
  return {
    xLabel: 'in flight',
    oneWay: false,
    steps: options.inFlight.map((inFlight) => ({ x: inFlight, contenders, workload: { inFlight } })),
    stop,
  };
}
