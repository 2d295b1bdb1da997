import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Linux: "<pid> (<command>) <state> … <start time in field 22> …"; the command may contain spaces and brackets. */
function fromProc(pid: number): string | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const stat = readFileSync(file, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not looked yet.
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${pid}@${fields[19]}`;
}

function fromPs(pid: number): string | undefined {
  const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  return started === '' ? undefined : `${pid}@${started}`;
}

/**
 * A text that tells this very process apart from a later one with the same pid (pid and start time);
 * undefined when no process with that pid lives.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    return existsSync('/proc/self/stat') ? fromProc(pid) : fromPs(pid);
  } catch {
    // Gone between the look and the read, or `ps` knows no such pid.
    return undefined;
  }
}
