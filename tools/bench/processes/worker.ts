import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { profileFlags } from './profile.js';

export interface WorkerOptions {
  /** Names log file and profile. */
  readonly name: string;
  /** Of the program, beside tools/bench: `floor/client-process.js`. */
  readonly program: string;
  /** Its output goes to `<logDir>/<name>.log`. */
  readonly logDir: string;
  /** Where a CPU profile goes when it ends; absent: none. */
  readonly profileDir?: string | undefined;
  /** It ended and nobody had asked it to: what waits for it would wait for ever. */
  readonly onDeath: (error: Error) => void;
}

interface Answer {
  readonly id?: number;
  readonly event?: string;
  readonly value?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly onEvent: ((event: string) => void) | undefined;
}

const STOP_GRACE_MS = 15_000;

/** A process of the bench: forked, told what to do over its channel (`serve.ts` is the other end). */
export class Worker {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private stopping = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    onDeath: (error: Error) => void,
  ) {
    child.on('message', (answer: Answer) => this.receive(answer));
    child.once('exit', (code, signal) => {
      const error = new Error(`${name} ended (${signal ?? `code ${code}`}); see its log`);
      this.fail(error);
      if (!this.stopping) onDeath(error);
    });
  }

  /** Resolves when the program serves. */
  static async start({ name, program, logDir, profileDir, onDeath }: WorkerOptions): Promise<Worker> {
    const log = openSync(`${logDir}/${name}.log`, 'a');
    try {
      const child = fork(fileURLToPath(new URL(`../${program}`, import.meta.url)), {
        stdio: ['ignore', log, log, 'ipc'],
        execArgv: profileDir === undefined ? [] : profileFlags(profileDir, name),
      });
      const worker = new Worker(name, child, onDeath);
      await Promise.race([once(child, 'message'), worker.ended()]);
      return worker;
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Calls a method of the program. Rejects with its error, or when it ends. */
  call<T, Event extends string = string>(
    method: string,
    argument: unknown = null,
    onEvent?: (event: Event) => void,
  ): Promise<T> {
    const id = (this.lastId += 1);
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, {
        resolve: (value) => resolve(value as T),
        reject,
        onEvent: onEvent as Waiting['onEvent'],
      });
      this.child.send({ id, method, argument });
    });
  }

  /** Lets it end in order; one that does not is killed. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.send({ id: 0, method: 'stop', argument: null });
    const tooLong = setTimeout(() => this.child.kill('SIGKILL'), STOP_GRACE_MS);
    await ended;
    clearTimeout(tooLong);
  }

  private async ended(): Promise<never> {
    await once(this.child, 'exit');
    throw new Error(`${this.name} ended before it served; see its log`);
  }

  private receive({ id, event, value, error }: Answer): void {
    if (event !== undefined) for (const { onEvent } of this.waiting.values()) onEvent?.(event);
    const waiting = this.waiting.get(id ?? -1);
    if (waiting === undefined) return;
    this.waiting.delete(id!);
    if (error === undefined) waiting.resolve(value);
    else waiting.reject(new Error(`${this.name}: ${error}`));
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
