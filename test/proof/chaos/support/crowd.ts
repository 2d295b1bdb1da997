import { readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';

const EVERY_MS = 200;
/** Who has given way to everybody: what computes beside this layer, for one. It keeps nobody waiting. */
const LOWEST_PRIORITY = 19;

/**
 * Does `work` and resolves with how crowded the machine was meanwhile: threads a core that want to run, 1 when none waited. A
 * promise in seconds is one about a machine that has the time; on one that others use as well it is stretched by this and by
 * nothing else: not by what runs at the lowest priority, or it would promise less for having company that does not matter.
 * (The load average would stretch it for a minute after every scenario by the scenario's own starts.)
 */
export async function crowdDuring(work: () => Promise<void>): Promise<number> {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(runnable() - givingWay()), EVERY_MS);
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

/** Threads of lowest priority that want to run, of these processes or of all. 0 where the system does not tell. */
export function givingWay(pids: readonly (string | number)[] = numbersIn('/proc')): number {
  if (os.platform() !== 'linux') return 0;
  const polite = pids.filter((pid) => statOf(`/proc/${pid}`)?.nice === LOWEST_PRIORITY);
  const threads = polite.flatMap((pid) =>
    numbersIn(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`),
  );
  return threads.filter((path) => statOf(path)?.state === 'R').length;
}

const numbersIn = (path: string): readonly string[] =>
  unlessGone(() => readdirSync(path).filter((name) => /^\d+$/.test(name))) ?? [];

/** "<pid> (<command>) <state> …, nice in field 19"; the command may contain spaces and brackets. */
const statOf = (path: string): { state: string | undefined; nice: number } | undefined =>
  unlessGone(() => {
    const stat = readFileSync(`${path}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], nice: Number(fields[16]) };
  });

/** Processes end between the look at the list and the look at them. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
