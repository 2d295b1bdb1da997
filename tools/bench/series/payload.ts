import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

/** Of the whole request; a body may have 1 MiB, its frame included. */
const REQUEST_BYTES = [100, 1_000, 10_000, 100_000, 1_000_000];
const BRANCHES = 2;
/** Large requests are few at a time: in flight together they are this many bytes at most. */
const MAX_BYTES_IN_FLIGHT = 16_000_000;

/** Payloads from small to the limit. */
export async function payload(site: Site, options: Options): Promise<Series> {
  const installation = await startTcc(site, options);
  const inFlight = options.inFlight[0] ?? 1;
  return {
    xLabel: 'payload bytes',
    oneWay: false,
    steps: (options.steps ?? REQUEST_BYTES).map((bytes) => ({
      x: bytes,
      contenders: [installation.contender(tccTransfer(BRANCHES, bytes / BRANCHES))],
      workload: { inFlight: Math.max(1, Math.min(inFlight, Math.floor(MAX_BYTES_IN_FLIGHT / bytes))) },
    })),
    stop: () => installation.stop(),
  };
}
