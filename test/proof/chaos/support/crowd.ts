import { readFileSync } from 'node:fs';
import os from 'node:os';

const EVERY_MS = 200;

/**
 * Does `work` and resolves with how crowded the machine was meanwhile: runnable threads a core, 1 when none waited. A promise in
 * seconds is one about a machine that has the time; on one that others use as well it is stretched by this and by nothing else.
 * (The load average would stretch it for a minute after every scenario by the scenario's own starts.)
 */
export async function crowdDuring(work: () => Promise<void>): Promise<number> {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(runnable()), EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const mean = samples.reduce((sum, one) => sum + one, 0) / Math.max(1, samples.length);
  return Math.max(1, mean / os.availableParallelism());
}

/** 0 where the system does not tell. */
function runnable(): number {
  if (os.platform() !== 'linux') return 0;
  return Number(/ (\d+)\/\d+ /.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1] ?? 0);
}
