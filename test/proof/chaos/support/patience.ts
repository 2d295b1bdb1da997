import os from 'node:os';
import { givingWay } from './crowd.js';

/** More would only put off the word that something hangs. */
const MOST = 3;

/**
 * When to give up waiting, on this machine as it is loaded now: what is meant for a quiet one is stretched by how many processes
 * want each core, those apart that give way to everybody. The figures tell how long things really took.
 */
export function patient(quietMs: number): number {
  const waiting = (os.loadavg()[0] ?? 0) - givingWay();
  return quietMs * Math.min(MOST, Math.max(1, waiting / os.availableParallelism()));
}
