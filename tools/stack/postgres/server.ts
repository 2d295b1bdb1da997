import type { Claim } from '../claim.js';
import { claimDirectory } from '../claim.js';
import { stopBySteps, type ManagedProcess, type StopStep } from '../processes/managed-process.js';
import { databaseUrl, SUPERUSER } from './connection.js';
import { createDatabase, dropDatabase, type DatabaseOptions } from './databases.js';
import { launchServer, type LaunchPlan } from './launch.js';

/** fast: clients are cut off, everything is written. immediate: as a crash, recovered at the next start. */
export type StopMode = 'fast' | 'immediate';

/** A running PostgreSQL on 127.0.0.1. */
export interface Postgres {
  readonly port: number;
  /** Of the server process itself; another one after {@link restart}. */
  readonly pid: number;
  readonly logFile: string;
  readonly dataDir: string;
  /** The superuser on the database "postgres". */
  readonly adminUrl: string;
  /** @param role default: the superuser */
  url(database: string, role?: string): string;
  /** Makes the database, and its owner, unless they exist. */
  createDatabase(name: string, options?: DatabaseOptions): Promise<void>;
  /** Ends its connections and drops it, when it exists. Fails while a transaction is prepared in it. */
  dropDatabase(name: string): Promise<void>;
  /** Ends the server; nothing happens when it has ended already. Default fast. */
  stop(mode?: StopMode): Promise<void>;
  /** A crash: SIGKILL to the server; resolves when it is gone. {@link restart} recovers. */
  kill9(): Promise<void>;
  /** Stops it (fast) if it runs, and starts it on the same port with the same settings. */
  restart(): Promise<void>;
}

const STOP_STEPS: Record<StopMode, StopStep[]> = {
  fast: [
    { signal: 'SIGINT', graceMs: 30_000 },
    { signal: 'SIGQUIT', graceMs: 10_000 },
  ],
  immediate: [{ signal: 'SIGQUIT', graceMs: 10_000 }],
};

/** Owns the server process and the claim on its data directory; both end together. */
export class PostgresServer implements Postgres {
  constructor(
    private readonly plan: LaunchPlan,
    readonly port: number,
    private running: ManagedProcess,
    private claim: Claim | undefined,
  ) {}

  get pid(): number {
    return this.running.pid;
  }

  get logFile(): string {
    return this.plan.logFile;
  }

  get dataDir(): string {
    return this.plan.dataDir;
  }

  get adminUrl(): string {
    return databaseUrl(this.port, SUPERUSER);
  }

  url(database: string, role?: string): string {
    return databaseUrl(this.port, database, role);
  }

  createDatabase(name: string, options?: DatabaseOptions): Promise<void> {
    return createDatabase(this.port, name, options);
  }

  dropDatabase(name: string): Promise<void> {
    return dropDatabase(this.port, name);
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    if (this.running.exit === undefined) await stopBySteps(this.running, STOP_STEPS[mode]);
    await this.claim?.release();
    this.claim = undefined;
  }

  async kill9(): Promise<void> {
    await stopBySteps(this.running, []);
  }

  async restart(): Promise<void> {
    if (this.running.exit === undefined) await stopBySteps(this.running, STOP_STEPS.fast);
    this.claim ??= await claimDirectory(this.plan.dataDir);
    this.running = await launchServer(this.plan, this.port);
  }
}
