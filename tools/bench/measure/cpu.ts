import { readdirSync, readFileSync } from 'node:fs';

import { readIfPresent } from './read-if-present.js';

/** Clock ticks a second of /proc; Linux has shown user space nothing else for decades. */
const TICKS = 100;

interface ProcessTimes {
  readonly parent: number;
  /** Own time, and that of children which ended. */
  readonly seconds: number;
}

/** One line of /proc/<pid>/stat; the name, in parentheses, may contain anything. */
function parse(line: string): ProcessTimes {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
  return { parent, seconds: ticks / TICKS };
}

function allProcesses(): Map<number, ProcessTimes> {
  const found = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = readIfPresent(`/proc/${name}/stat`);
    if (line !== undefined) found.set(Number(name), parse(line));
  }
  return found;
}

/** CPU-seconds used since the start, by group: each of its processes with all their descendants. Empty where there is no /proc. */
export function cpuSeconds(groups: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  if (process.platform !== 'linux') return {};
  const all = allProcesses();
  const owner = new Map<number, string>();
  for (const [group, pids] of Object.entries(groups)) {
    for (const pid of pids) owner.set(pid, group);
  }
  const groupOf = (pid: number): string | undefined => {
    const own = owner.get(pid);
    const parent = all.get(pid)?.parent ?? 0;
    return own ?? (parent > 1 ? groupOf(parent) : undefined);
  };
  const used: Record<string, number> = Object.fromEntries(Object.keys(groups).map((group) => [group, 0]));
  for (const [pid, { seconds }] of all) {
    const group = groupOf(pid);
    if (group !== undefined) used[group] = (used[group] ?? 0) + seconds;
  }
  return used;
}

/** CPU-seconds all processes of the machine have used since it started. */
export function machineCpuSeconds(): number {
  if (process.platform !== 'linux') return 0;
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/\s+/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields.map(Number);
  return (user + nice + system + irq + softirq) / TICKS;
}

/** Resident memory of a process, bytes; 0 where it is gone. */
export function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readIfPresent(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kib ?? 0) * 1024;
}
