import path from 'node:path';

import { StackError } from '../errors.js';
import { freePort, requireFree } from '../ports.js';
import type { Exit } from '../processes/managed-process.js';
import { startApp, type AppProcess } from './app-process.js';
import {
  APP_KINDS,
  countOf,
  databaseName,
  databaseUrlOf,
  settingsOf,
  type AppKind,
  type ClusterOptions,
  type PlannedApp,
} from './cluster-plan.js';

/** All apps of Concordat, each a process of its own, with their databases. */
export interface Cluster {
  /** "coordinator-1", "watchdog-1", "payments-1", … */
  readonly names: string[];
  /** Base URL of each process; the same after a restart. */
  readonly urls: Record<string, string>;
  /** The process that has this name now. */
  app(name: string): AppProcess;
  /** URL of the database of a kind, under the role that owns it. */
  databaseUrl(kind: AppKind): string;
  /**
   * Starts the process `name` again on its port, with its settings and `env` on top for this one start;
   * stops it gracefully before if it lives. Resolves when it is ready.
   */
  restart(name: string, env?: Record<string, string | undefined>): Promise<AppProcess>;
  /** Starts one more process of a kind; resolves when it is ready. */
  add(kind: AppKind, env?: Record<string, string | undefined>): Promise<AppProcess>;
  /** Ends every process gracefully, all at once; says how each one ended. */
  stopAll(graceMs?: number): Promise<Record<string, Exit>>;
}

const READY_TIMEOUT_MS = 90_000;

class RunningCluster implements Cluster {
  private readonly running = new Map<string, AppProcess>();

  constructor(
    private readonly plan: PlannedApp[],
    private readonly options: ClusterOptions,
  ) {}

  get names(): string[] {
    return this.plan.map(({ name }) => name);
  }

  get urls(): Record<string, string> {
    return Object.fromEntries(this.plan.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]));
  }

  app(name: string): AppProcess {
    const found = this.running.get(name);
    if (found === undefined) throw new StackError(`no app "${name}"; there are ${this.names.join(', ')}`, '');
    return found;
  }

  databaseUrl(kind: AppKind): string {
    return databaseUrlOf(this.options, kind);
  }

  async startAll(): Promise<void> {
    for (const app of this.plan) await this.launch(app);
    const timeoutMs = this.options.readyTimeoutMs ?? READY_TIMEOUT_MS;
    await Promise.all([...this.running.values()].map((app) => app.ready(timeoutMs)));
  }

  async restart(name: string, env: Record<string, string | undefined> = {}): Promise<AppProcess> {
    const planned = this.plan.find((app) => app.name === name);
    if (planned === undefined) return this.app(name);
    await this.running.get(name)?.stop();
    return this.launchReady(planned, env);
  }

  async add(kind: AppKind, env: Record<string, string | undefined> = {}): Promise<AppProcess> {
    const number = this.plan.filter((app) => app.kind === kind).length + 1;
    const planned = { name: `${kind}-${number}`, kind, port: await freePort() };
    this.plan.push(planned);
    return this.launchReady(planned, env);
  }

  async stopAll(graceMs?: number): Promise<Record<string, Exit>> {
    const ends = [...this.running].map(async ([name, app]) => [name, await app.stop(graceMs)] as const);
    return Object.fromEntries(await Promise.all(ends));
  }

  private async launchReady(
    planned: PlannedApp,
    env: Record<string, string | undefined>,
  ): Promise<AppProcess> {
    const app = await this.launch(planned, env);
    await app.ready(this.options.readyTimeoutMs ?? READY_TIMEOUT_MS);
    return app;
  }

  private async launch(
    planned: PlannedApp,
    env: Record<string, string | undefined> = {},
  ): Promise<AppProcess> {
    const { dir, onLine, script } = this.options;
    const app = await startApp(planned.kind, {
      env: { ...settingsOf(planned, this.plan, this.options), ...env },
      ...(script === undefined ? {} : { script }),
      ...(onLine === undefined
        ? { logFile: path.join(dir, `${planned.name}.log`) }
        : { onLine: (line: string) => onLine(planned.name, line) }),
    });
    this.running.set(planned.name, app);
    return app;
  }
}

async function choosePort(kind: AppKind, number: number, options: ClusterOptions): Promise<number> {
  const fixed = number === 1 ? options.ports?.[kind] : undefined;
  if (fixed === undefined) return freePort();
  await requireFree(fixed, kind);
  return fixed;
}

async function layOut(options: ClusterOptions): Promise<PlannedApp[]> {
  const plan: PlannedApp[] = [];
  for (const kind of APP_KINDS) {
    for (let number = 1; number <= countOf(options, kind); number += 1) {
      plan.push({ name: `${kind}-${number}`, kind, port: await choosePort(kind, number, options) });
    }
  }
  return plan;
}

/**
 * Makes the databases and starts every app as a process of its own; resolves when all are ready. When one
 * does not get ready, all are ended and the error shows the end of its log.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  for (const name of new Set(APP_KINDS.map((kind) => databaseName(options, kind)))) {
    await options.postgres.createDatabase(name, { owner: name });
  }
  const cluster = new RunningCluster(await layOut(options), options);
  try {
    await cluster.startAll();
  } catch (error) {
    await cluster.stopAll(0);
    throw error;
  }
  return cluster;
}
