import { readFileSync, rmSync } from 'node:fs';
import { until, type Site } from '../../crash/support/site.js';

/** A process of the site at a moment. */
export interface Vitals {
  readonly name: string;
  readonly pid: number;
  /** What is still reachable after all garbage was collected, buffers included; null when there is no such process. */
  readonly heldMiB: number | null;
  /** Resident memory after that; null when there is no such process. */
  readonly residentMiB: number | null;
}

const MIB = 1024 * 1024;
const GAUGE_MS = 30_000;
const GAUGE = new URL('heap-gauge.mjs', import.meta.url).href;

/** The NODE_OPTIONS with which an app tells, when asked, what it holds; the answers come into `folder`. */
export const gaugedInto = (folder: string): string => `--import=${GAUGE}?${encodeURIComponent(folder)}`;

export async function vitalsOf({ cluster }: Site, folder: string): Promise<readonly Vitals[]> {
  const vitals: Vitals[] = [];
  for (const name of cluster.names) {
    const app = cluster.app(name);
    const alive = app.exit === undefined;
    const heldMiB = alive ? await heldMiBOf(app.pid, `${folder}/${app.pid}`) : null;
    // After the collection: before it, it is how much garbage there happens to be; on a busy machine 100 MiB more.
    const residentMiB = alive ? residentMiBOf(app.pid) : null;
    vitals.push({ name, pid: app.pid, heldMiB, residentMiB });
  }
  return vitals;
}

function residentMiBOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** What a process that was started with {@link gaugedInto} holds; it answers in `file`. */
export async function heldMiBOf(pid: number, file: string): Promise<number> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  let bytes: number | null = null;
  await until(`process ${pid} tells what it holds`, GAUGE_MS, async () => {
    bytes = bytesIn(file);
    return bytes !== null;
  });
  return Number(bytes) / MIB;
}

function bytesIn(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** I11. What the system gave to the process, a leak outside of its heap included. */
export const MAX_GROWTH_MIB = 100;
/** What the process itself keeps: 2 kB a hostile record would show. */
export const MAX_HELD_GROWTH_MIB = 10;

/** Processes that died, were replaced, or grew too much. */
export function harmed(before: readonly Vitals[], after: readonly Vitals[]): readonly string[] {
  return before.flatMap((was) => {
    const now = after.find(({ name }) => name === was.name);
    if (!now || now.residentMiB === null || now.heldMiB === null) return [`${was.name} died`];
    if (now.pid !== was.pid) return [`${was.name} was process ${was.pid} and is ${now.pid}`];
    const grown = now.residentMiB - (was.residentMiB ?? 0);
    const held = now.heldMiB - (was.heldMiB ?? 0);
    return [
      ...(grown < MAX_GROWTH_MIB ? [] : [`${was.name} grew by ${grown.toFixed(0)} MiB`]),
      ...(held < MAX_HELD_GROWTH_MIB ? [] : [`${was.name} holds ${held.toFixed(0)} MiB more than before`]),
    ];
  });
}

/** The figures behind {@link harmed}. */
export function growthMiB(
  before: readonly Vitals[],
  after: readonly Vitals[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    before.map((was) => {
      const now = after.find(({ name }) => name === was.name);
      const resident = `${change(was.residentMiB, now?.residentMiB)} resident`;
      return [`memory of ${was.name}, MiB`, `${resident}, ${change(was.heldMiB, now?.heldMiB)} held`];
    }),
  );
}

const rounded = (value: number | null | undefined): string =>
  (value ?? null) === null ? 'gone' : (value as number).toFixed(0);
const change = (was: number | null, now: number | null | undefined): string =>
  `${rounded(was)} → ${rounded(now)}`;
