import { waitFor } from '../wait.js';
import { processIdentity } from './identity.js';
import type { Exit, ManagedProcess } from './managed-process.js';
import { endWithParent, forgetChild, type LastSignal } from './reaper.js';
import { StackError } from '../errors.js';

const UNKNOWN_EXIT: Exit = { code: null, signal: null };

/** A process that an earlier, dead run left behind and that is now ours to stop. */
class AdoptedProcess implements ManagedProcess {
  private readonly identity: string | undefined;

  constructor(
    readonly pid: number,
    private readonly lastSignal: LastSignal,
  ) {
    this.identity = processIdentity(pid);
    if (this.identity !== undefined) endWithParent(pid, lastSignal);
  }

  get exit(): Exit | undefined {
    return this.identity !== undefined && processIdentity(this.pid) === this.identity
      ? undefined
      : UNKNOWN_EXIT;
  }

  signal(name: NodeJS.Signals): boolean {
    if (this.exit !== undefined) return false;
    try {
      return process.kill(this.pid, name);
    } catch (error) {
      // It ended between the look and the signal.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
      throw error;
    }
  }

  async waitForExit(timeoutMs: number): Promise<Exit | undefined> {
    try {
      const exit = await waitFor(() => this.exit, {
        what: `process ${this.pid} to end`,
        timeoutMs,
        intervalMs: 20,
      });
      forgetChild(this.pid, this.lastSignal);
      return exit;
    } catch (error) {
      if (error instanceof StackError) return undefined;
      throw error;
    }
  }
}

/** Takes over a living process by its pid. If it has ended already, the result says so in `exit`. */
export const adoptProcess = (pid: number, lastSignal: LastSignal): ManagedProcess =>
  new AdoptedProcess(pid, lastSignal);
