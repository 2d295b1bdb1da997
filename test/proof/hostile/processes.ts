import { readFileSync } from 'node:fs';
import type { Site } from '../../crash/support/site.js';

/** A process of the site at a moment. */
export interface Vitals {
  readonly name: string;
  readonly pid: number;
  /** Resident memory; null when there is no such process. */
  readonly residentMiB: number | null;
}

export function vitalsOf({ cluster }: Site): readonly Vitals[] {
  return cluster.names.map((name) => {
    const { pid, exit } = cluster.app(name);
    return { name, pid, residentMiB: exit === undefined ? residentMiB(pid) : null };
  });
}

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

export const MAX_GROWTH_MIB = 100;

/** Processes that died, were replaced, or grew too much. */
export function harmed(before: readonly Vitals[], after: readonly Vitals[]): readonly string[] {
  return before.flatMap(({ name, pid, residentMiB }) => {
    const now = after.find((one) => one.name === name);
    if (!now || now.residentMiB === null) return [`${name} died`];
    if (now.pid !== pid) return [`${name} was process ${pid} and is ${now.pid}`];
    const growthMiB = now.residentMiB - (residentMiB ?? 0);
    return growthMiB < MAX_GROWTH_MIB ? [] : [`${name} grew by ${growthMiB.toFixed(0)} MiB`];
  });
}

export function growthMiB(
  before: readonly Vitals[],
  after: readonly Vitals[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    before.map(({ name, residentMiB }) => {
      const now = after.find((one) => one.name === name)?.residentMiB ?? NaN;
      return [`memory growth ${name} MiB`, Math.round(now - (residentMiB ?? NaN))];
    }),
  );
}
