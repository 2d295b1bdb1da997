import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 5_000;
const HEARTBEAT_MS = 60_000;

/** The pinned Node and the tools of node_modules come first, whoever starts us. */
const environment = () => ({
  ...process.env,
  PATH: `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`,
});

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
 * Runs one command in its own process group, output passed through.
 *
 * @param {string[]} command
 * @param {{limitMs: number, signal: AbortSignal, onHeartbeat: () => void}} options
 * @returns {Promise<{exitCode: number, timedOut: boolean, leftovers: boolean}>}
 *   leftovers: the command ended but something it started did not
 */
export function runCommand([file, ...args], { limitMs, signal, onHeartbeat }) {
  return new Promise((done) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: environment(),
      detached: true,
    });
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
