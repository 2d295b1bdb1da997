import type { Contender } from '../contenders/contender.js';
import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const NORMAL = 256;
const FLOOD = 10_000;
/** Long enough to see the flood's own first answers. */
const MEASURE_MS = 15_000;

/** Far more submissions than may be under way: what is too much is refused (429), and afterwards everything is as before. */
export async function overload(site: Site, options: Options): Promise<Series> {
  const installation = await startTcc(site, options);
  const ours = installation.contender(tccTransfer());
  const at = (name: string, inFlight: number): Contender => ({
    ...ours,
    name,
    drive: (workload, onEdge) => {
      const measureMs = Math.max(workload.measureMs, MEASURE_MS);
      return ours.drive({ ...workload, inFlight, measureMs }, onEdge);
    },
  });
  const contenders = [at('before', NORMAL), at('flooded', FLOOD), at('after', NORMAL)];
  return {
    xLabel: 'flood',
    oneWay: false,
    steps: [{ x: FLOOD, contenders }],
    stop: () => installation.stop(),
  };
}
