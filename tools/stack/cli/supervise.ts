import { setTimeout as sleep } from 'node:timers/promises';

import type { Cluster } from '../apps/cluster.js';
import type { Exit } from '../processes/managed-process.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export const howItEnded = ({ code, signal }: Exit): string =>
  signal === null ? `ended with code ${code}` : `was ended by ${signal}`;

async function restartUntilReady(
  cluster: Cluster,
  name: string,
  stopping: AbortSignal,
  say: Say,
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; !stopping.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    await sleep(pauseMs);
    if (stopping.aborted) return;
    try {
      await cluster.restart(name);
      say(`${name} is ready again`);
      return;
    } catch (error) {
      say(`${name} did not come back: ${(error as Error).message}`);
    }
  }
}

type Say = (text: string) => void;

/**
 * Watches one app and starts it again when it ends while nobody asked for that: an app that is killed on
 * purpose comes back and recovers, as it would under any process manager.
 */
export async function supervise(
  cluster: Cluster,
  name: string,
  stopping: AbortSignal,
  say: Say,
): Promise<void> {
  while (!stopping.aborted) {
    const exit = await cluster.app(name).exited;
    if (stopping.aborted) return;
    say(`${name} ${howItEnded(exit)}; starting it again`);
    await restartUntilReady(cluster, name, stopping, say);
  }
}
