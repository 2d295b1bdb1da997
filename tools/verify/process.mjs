import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 5_000;
const HEARTBEAT_MS = 60_000;

/**
 * Put before a command that is to take only what nobody else wants. Where Linux shares the CPU by sessions first (autogroup), a
 * nice value counts within one only: the session has a value of its own, which what it starts keeps unless it opens another.
 */
const LEFTOVERS_ONLY = [
  'sh',
  '-c',
  '{ echo 19 >/proc/self/autogroup; } 2>/dev/null || :; exec nice -n 19 "$@"',
  'idle',
];

/** The pinned Node and the tools of node_modules come first, whoever starts us. */
const environment = (more) => ({
  ...process.env,
  ...more,
  PATH: `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`,
});

/** Hands each line of both streams over. */
function follow(child, onLine) {
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}

/** Signals a process group that we started; false when nobody is left in it. */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether something of the group outlives its leader; what is just exiting gets a moment to do so. */
async function outlived(pid) {
  const untilMs = Date.now() + GRACE_MS;
  while (signalGroup(pid, 0)) {
    if (Date.now() > untilMs) return true;
    await sleep(50);
  }
  return false;
}

/** Ends a group: asks first, insists after a grace period. */
function endGroup(pid) {
  if (!signalGroup(pid, 'SIGTERM')) return;
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS);
}

/**
 * Runs one command in its own process group.
 *
 * @param {string[]} command
 * @param {object} options
 * @param {number} options.limitMs
 * @param {AbortSignal} options.signal
 * @param {() => void} [options.onHeartbeat]  every minute
 * @param {(line: string) => void} [options.onLine]  absent: output is passed through
 * @param {Record<string, string>} [options.env]  on top of ours
 * @param {boolean} [options.idle]  it takes only the CPU that nobody else wants
 * @returns {Promise<{exitCode: number, timedOut: boolean, leftovers: boolean}>}
 *   leftovers: the command ended but something it started did not
 */
export function runCommand(command, options) {
  const { limitMs, signal, onHeartbeat = () => undefined, onLine, env, idle = false } = options;
  const [file, ...args] = idle ? [...LEFTOVERS_ONLY, ...command] : command;
  return new Promise((done) => {
    const output = onLine ? 'pipe' : 'inherit';
    const child = spawn(file, args, {
      stdio: ['ignore', output, output],
      env: environment(env),
      detached: true,
    });
    if (onLine) follow(child, onLine);
    let timedOut = false;
    const stop = () => endGroup(child.pid);
    const limit = setTimeout(() => {
      timedOut = true;
      stop();
    }, limitMs);
    const heartbeat = setInterval(onHeartbeat, HEARTBEAT_MS);
    signal.addEventListener('abort', stop);
    const finish = async (exitCode) => {
      clearTimeout(limit);
      clearInterval(heartbeat);
      const leftovers = child.pid !== undefined && (await outlived(child.pid));
      if (leftovers) signalGroup(child.pid, 'SIGKILL');
      signal.removeEventListener('abort', stop);
      done({ exitCode, timedOut, leftovers });
    };
    child.once('error', (error) => {
      console.error(`cannot start ${file}: ${error.message}`);
      finish(127);
    });
    child.once('exit', (code) => finish(code ?? 1));
  });
}
