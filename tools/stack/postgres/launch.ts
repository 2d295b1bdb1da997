import { StackError } from '../errors.js';
import { spawnChild, type Child } from '../processes/child.js';
import { sizeOfFile, textSince } from '../processes/log.js';
import { waitFor } from '../wait.js';
import type { Account } from './account.js';
import { serverEnv } from './data-directory.js';
import { readPostmaster } from './postmaster.js';

/** Everything that stays the same from one start of a server to the next. */
export interface LaunchPlan {
  program: string;
  account: Account;
  dataDir: string;
  logFile: string;
  settings: Record<string, string>;
}

/** Recovery after a crash reads the log of all changes since the last checkpoint. */
const READY_TIMEOUT_MS = 60_000;
/** The orphans of a killed postmaster notice its death and let go of the shared memory within this time. */
const ORPHANS_TIMEOUT_MS = 15_000;

const ORPHANS_ALIVE = /pre-existing shared memory block|lock file "postmaster.pid" already exists/;

function spawnServer(plan: LaunchPlan, port: number): Promise<Child> {
  const settings = Object.entries({ ...plan.settings, port: String(port) });
  const args = ['-D', plan.dataDir, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  return spawnChild({
    ...plan.account.wrap(plan.program, args),
    env: serverEnv(),
    output: { file: plan.logFile },
    // KILL would leave the server's own children to find out; QUIT ends them at once, as a crash does.
    lastSignal: 'QUIT',
  });
}

/** undefined when it ended before it was ready. */
async function untilReadyOrEnded(child: Child, dataDir: string): Promise<Child | undefined> {
  const what = `PostgreSQL on ${dataDir} to accept connections`;
  const seen = await waitFor(
    () => {
      if (child.exit !== undefined) return 'ended';
      const found = readPostmaster(dataDir);
      return found?.pid === child.pid && found.ready ? 'ready' : undefined;
    },
    { what, timeoutMs: READY_TIMEOUT_MS, intervalMs: 20 },
  );
  return seen === 'ready' ? child : undefined;
}

/** One start; undefined when the orphans of a killed server still hold the data directory. */
async function tryOnce(plan: LaunchPlan, port: number): Promise<Child | undefined> {
  const logged = sizeOfFile(plan.logFile);
  const child = await spawnServer(plan, port);
  const ready = await untilReadyOrEnded(child, plan.dataDir);
  if (ready !== undefined) return ready;
  // Everything since: each orphan that ends now writes a line of its own behind what the new server said.
  if (ORPHANS_ALIVE.test(textSince(plan.logFile, logged))) return undefined;
  throw new StackError(
    `PostgreSQL on ${plan.dataDir} did not start. The end of ${plan.logFile}:\n${child.logTail()}`,
    '',
  );
}

/**
 * Starts the server and waits until it accepts connections.
 * @throws StackError with the end of the server's log when it does not come up
 */
export function launchServer(plan: LaunchPlan, port: number): Promise<Child> {
  const what = `the processes of the killed PostgreSQL to leave ${plan.dataDir}`;
  return waitFor(() => tryOnce(plan, port), { what, timeoutMs: ORPHANS_TIMEOUT_MS, intervalMs: 100 });
}
