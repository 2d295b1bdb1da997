import os from 'node:os';

const MOST = 10;

/**
 * A limit for this machine as it is loaded now: what is meant for a quiet one is stretched by how many processes want each
 * core. The figures tell how long things really took.
 */
export function patient(quietMs: number): number {
  const [waiting] = os.loadavg();
  return quietMs * Math.min(MOST, Math.max(1, (waiting ?? 0) / os.availableParallelism()));
}
