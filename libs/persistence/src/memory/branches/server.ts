import type { Clock } from '#observability';
import { StoreError } from '../../port/branch-store.js';
import { MemoryDatabase } from './database.js';
import type { Value } from './storage.js';
import type { MemoryTransaction } from './transaction.js';

export interface MemoryServerOptions {
  readonly clock: Clock;
  /** 0 switches PREPARE TRANSACTION off. Default 64. */
  readonly maxPreparedTransactions?: number;
  readonly watcher?: ServerWatcher;
}

/** Hears of every durable change of a server in the order in which it happened. */
export interface ServerWatcher {
  /** Committed; by key, undefined = deleted. */
  applied(database: string, writes: ReadonlyMap<string, Value>): void;
  prepared(gid: string): void;
  rolledBack(gid: string): void;
}

export interface PreparedWork {
  readonly gid: string;
  readonly transaction: MemoryTransaction;
  readonly preparedAtMs: number;
}

/**
 * One server of the twin: databases, and the prepared transactions of all of them. gids are unique per *server* [pg].
 * Everything here outlives the processes that use it.
 */
export class MemoryServer {
  readonly maxPreparedTransactions: number;
  private readonly clock: Clock;
  private readonly watcher: ServerWatcher | undefined;
  private readonly databases = new Map<string, MemoryDatabase>();
  private readonly prepared = new Map<string, PreparedWork>();
  private unreachable = false;

  constructor(options: MemoryServerOptions) {
    this.clock = options.clock;
    this.watcher = options.watcher;
    this.maxPreparedTransactions = options.maxPreparedTransactions ?? 64;
  }

  /** The database of that name, made when absent. */
  database(name: string): MemoryDatabase {
    const known = this.databases.get(name);
    if (known) return known;
    const applied = (writes: ReadonlyMap<string, Value>): void => this.watcher?.applied(name, writes);
    const made = new MemoryDatabase(name, this.clock, applied);
    this.databases.set(name, made);
    return made;
  }

  get isDown(): boolean {
    return this.unreachable;
  }

  /** kill -9: open transactions are gone, and nobody is answered until `start`. */
  crash(): void {
    this.unreachable = true;
    for (const database of this.databases.values()) database.crash();
  }

  start(): void {
    this.unreachable = false;
  }

  /** @throws StoreError DISABLED, SLOTS, DUPLICATE as the real server does; the transaction is rolled back */
  prepare(gid: string, transaction: MemoryTransaction): void {
    const refusal = transaction.isAborted ? null : this.refusal(gid);
    if (refusal !== null) {
      transaction.rollback();
      throw refusal;
    }
    if (!transaction.prepare()) {
      throw new StoreError('ABORTED', 'prepare: the server answered ROLLBACK', false, null);
    }
    this.prepared.set(gid, { gid, transaction, preparedAtMs: this.clock.wallMs() });
    this.watcher?.prepared(gid);
  }

  private refusal(gid: string): StoreError | null {
    if (this.maxPreparedTransactions === 0) {
      return new StoreError('DISABLED', 'prepared transactions are disabled', false, '55000');
    }
    if (this.prepared.has(gid))
      return new StoreError('DUPLICATE', `${gid} is already in use`, false, '42710');
    if (this.prepared.size < this.maxPreparedTransactions) return null;
    return new StoreError('SLOTS', 'maximum number of prepared transactions reached', false, '53200');
  }

  /** @throws StoreError OTHER_DATABASE for a gid of another database of this server */
  finish(gid: string, database: MemoryDatabase, how: 'commit' | 'rollback'): 'done' | 'absent' {
    const work = this.prepared.get(gid);
    if (work === undefined) return 'absent';
    if (work.transaction.database !== database) {
      const message = 'prepared transaction belongs to another database';
      throw new StoreError('OTHER_DATABASE', message, false, '0A000');
    }
    this.prepared.delete(gid);
    work.transaction.finish(how);
    if (how === 'rollback') this.watcher?.rolledBack(gid);
    return 'done';
  }

  /** Prepared in that database, oldest first. */
  isPrepared(gid: string, database: MemoryDatabase): boolean {
    return this.prepared.get(gid)?.transaction.database === database;
  }

  preparedIn(database: MemoryDatabase): PreparedWork[] {
    return [...this.prepared.values()].filter(({ transaction }) => transaction.database === database);
  }
}
