import path from 'node:path';

import { StackError } from '../errors.js';
import { freePort } from '../ports.js';
import { spawnChild, type Child } from '../processes/child.js';
import { stopBySteps, type Exit } from '../processes/managed-process.js';
import { repositoryRoot } from '../repository.js';
import { waitFor } from '../wait.js';
import { appEnvironment } from './environment.js';
import { httpStatus } from './health.js';

export interface AppOptions {
  /** Settings of the app (api.md, "Environment"). `PORT` is chosen when it is not given. */
  env: Record<string, string | undefined>;
  /** Arguments after the app's name. */
  args?: string[];
  cwd?: string;
  /** Where its output goes, appended. Default: the tail is kept in memory. */
  logFile?: string;
  /** Gets each line of its output; used when there is no `logFile`. */
  onLine?: (line: string) => void;
  /** The program to run instead of bin/concordat.mjs; it gets the same arguments. */
  script?: string;
}

/** One app of Concordat, running as exactly one process. */
export interface AppProcess {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** Resolves when the process has ended; it alone keeps no program alive. */
  readonly exited: Promise<Exit>;
  /** Undefined while it lives. */
  readonly exit: Exit | undefined;
  /**
   * Resolves when GET /health/ready answers 200. Default 60 s.
   * @throws StackError with the end of the log when the app ends before or is too late
   */
  ready(timeoutMs?: number): Promise<void>;
  /** A crash; resolves when it is gone. */
  kill9(): Promise<Exit>;
  /** Asks it to drain and end; does not wait. */
  sigterm(): void;
  /** Asks it to drain and end, waits, kills it after `graceMs` (default 20 s). Says how it ended. */
  stop(graceMs?: number): Promise<Exit>;
  /** SIGSTOP: it holds its connections and locks and does nothing. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** The last lines it wrote. */
  logTail(): string;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;

class RunningApp implements AppProcess {
  readonly url: string;

  constructor(
    readonly name: string,
    readonly port: number,
    private readonly child: Child,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.child.pid;
  }

  get exited(): Promise<Exit> {
    return this.child.exited;
  }

  get exit(): Exit | undefined {
    return this.child.exit;
  }

  async ready(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    try {
      await waitFor(() => this.look(), { what: `${this.name} to be ready`, timeoutMs, intervalMs: 100 });
    } catch (error) {
      throw new StackError(`${(error as Error).message}\nThe end of its log:\n${this.logTail()}`, '');
    }
  }

  kill9(): Promise<Exit> {
    return stopBySteps(this.child, []);
  }

  sigterm(): void {
    this.child.signal('SIGTERM');
  }

  async stop(graceMs = STOP_GRACE_MS): Promise<Exit> {
    if (this.exit !== undefined) return this.exit;
    // A stopped process does not see SIGTERM before it runs again.
    this.resume();
    return stopBySteps(this.child, [{ signal: 'SIGTERM', graceMs }]);
  }

  pause(): void {
    this.child.signal('SIGSTOP');
  }

  resume(): void {
    this.child.signal('SIGCONT');
  }

  logTail(): string {
    return this.child.logTail();
  }

  private async look(): Promise<true | undefined> {
    const { exit } = this;
    if (exit !== undefined) {
      throw new Error(`${this.name} ended before it was ready (${exit.signal ?? `code ${exit.code}`})`);
    }
    return (await httpStatus(`${this.url}/health/ready`)) === 200 ? true : undefined;
  }
}

const outputOf = ({
  logFile,
  onLine,
}: AppOptions): { file: string } | { onLine?: (line: string) => void } => {
  if (logFile !== undefined) return { file: path.resolve(logFile) };
  return onLine === undefined ? {} : { onLine };
};

/**
 * Starts one app (`bin/concordat.mjs <name>`, which needs `npm run build`) as a process of its own.
 * It is not ready yet; await `ready()`. It ends with this process at the latest, however this one ends.
 */
export async function startApp(name: string, options: AppOptions): Promise<AppProcess> {
  const root = repositoryRoot();
  const port = options.env['PORT'] === undefined ? await freePort() : Number(options.env['PORT']);
  const child = await spawnChild({
    command: process.execPath,
    args: [options.script ?? path.join(root, 'bin', 'concordat.mjs'), name, ...(options.args ?? [])],
    env: appEnvironment({ ...options.env, PORT: String(port) }),
    cwd: options.cwd ?? root,
    output: outputOf(options),
    lastSignal: 'KILL',
  });
  return new RunningApp(name, port, child);
}
