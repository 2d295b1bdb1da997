import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';

import { LineLog, tailOfFile } from './log.js';
import type { Exit, ManagedProcess } from './managed-process.js';
import { endWithParent, forgetChild, type LastSignal } from './reaper.js';

export interface ChildOptions {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /**
   * Where both output streams go. `file`: appended there without passing through this process;
   * `onLine`: each line is handed over. Neither: only the tail is kept, in memory.
   */
  output: { file: string } | { onLine?: (line: string) => void };
  /** The signal it gets when this process dies without stopping it. */
  lastSignal: LastSignal;
  /**
   * Default `own`: a Ctrl-C in the terminal does not reach it. `shared` with this process: it does, and whatever priority the
   * session has where the system schedules by sessions (Linux, autogroup) is the child's, too.
   */
  session?: 'own' | 'shared';
}

/** A process started by this one, not keeping it alive. */
export interface Child extends ManagedProcess {
  /** Resolves when it ends. It keeps nothing alive: a program that only awaits this ends itself. */
  readonly exited: Promise<Exit>;
  /** The last lines it printed. */
  logTail(): string;
}

class SpawnedChild implements Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;

  constructor(
    private readonly handle: ChildProcess & { pid: number },
    readonly logTail: () => string,
    lastSignal: LastSignal,
  ) {
    this.pid = handle.pid;
    endWithParent(this.pid, lastSignal);
    this.exited = new Promise((resolve) => {
      handle.once('exit', (code, signal) => {
        forgetChild(this.pid, lastSignal);
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  signal(name: NodeJS.Signals): boolean {
    return this.exit === undefined && this.handle.kill(name);
  }

  async waitForExit(timeoutMs: number): Promise<Exit | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    try {
      return await Promise.race([this.exited, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function openOutput(output: ChildOptions['output']): number | 'pipe' {
  if (!('file' in output)) return 'pipe';
  mkdirSync(path.dirname(output.file), { recursive: true });
  return openSync(output.file, 'a');
}

function followOutput(handle: ChildProcess, output: ChildOptions['output']): () => string {
  if ('file' in output) return () => tailOfFile(output.file);
  const log = new LineLog(output.onLine);
  for (const stream of [handle.stdout, handle.stderr]) {
    if (stream === null) continue;
    log.attach(stream);
    (stream as Readable & { unref(): void }).unref();
  }
  return () => log.tail();
}

/**
 * Starts a process, by default in its own session.
 * @throws the spawn error (ENOENT, EACCES) when it cannot be started at all
 */
export async function spawnChild(options: ChildOptions): Promise<Child> {
  const { command, args, env, cwd, uid, gid, output, session = 'own' } = options;
  const target = openOutput(output);
  try {
    const handle = spawn(command, args, {
      env,
      detached: session === 'own',
      stdio: ['ignore', target, target],
      ...(cwd === undefined ? {} : { cwd }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    await once(handle, 'spawn');
    handle.unref();
    const started = handle as ChildProcess & { pid: number };
    return new SpawnedChild(started, followOutput(handle, output), options.lastSignal);
  } finally {
    if (typeof target === 'number') closeSync(target);
  }
}
