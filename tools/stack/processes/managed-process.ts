/** How a process ended: by itself with a code, or by a signal. Both null: it was not our child, so nobody knows. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process this program is responsible for: started by it, or adopted from an earlier run. */
export interface ManagedProcess {
  readonly pid: number;
  /** How it ended; undefined while it lives. */
  readonly exit: Exit | undefined;
  /** Sends a signal; false when the process has ended already. */
  signal(name: NodeJS.Signals): boolean;
  /** Resolves with the exit, or with undefined when it still lives after `timeoutMs`. */
  waitForExit(timeoutMs: number): Promise<Exit | undefined>;
}

/** A signal and how long the process may take to obey it before the next, harsher one. */
export interface StopStep {
  signal: NodeJS.Signals;
  graceMs: number;
}

/** Sends one signal after the other until the process is gone. A last SIGKILL is always added. */
export async function stopBySteps(child: ManagedProcess, steps: StopStep[]): Promise<Exit> {
  for (const { signal, graceMs } of [...steps, { signal: 'SIGKILL' as const, graceMs: 10_000 }]) {
    child.signal(signal);
    const exit = await child.waitForExit(graceMs);
    if (exit !== undefined) return exit;
  }
  throw new Error(`process ${child.pid} did not end on SIGKILL`);
}

/** Waits for a process that ends by itself; when it does not in time, it is killed. */
export const stopAfter = async (child: ManagedProcess, timeoutMs: number): Promise<Exit> =>
  (await child.waitForExit(timeoutMs)) ?? stopBySteps(child, []);
