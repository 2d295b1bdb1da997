import { StoreError } from '../../port/branch-store.js';
import type { LockOwner } from './locks.js';
import type { Storage, Value } from './storage.js';

type Status = 'open' | 'prepared' | 'ended' | 'lost';

/**
 * One transaction: private writes over what is committed, under row locks held to its end.
 * As on the real server, an error aborts it: from then on only rollback is possible.
 */
export class MemoryTransaction implements LockOwner {
  private readonly writes = new Map<string, Value>();
  private readonly locks = new Set<string>();
  private readonly listeners: (() => void)[] = [];
  private status: Status = 'open';
  private aborted = false;
  private wrote = false;

  constructor(
    readonly database: Storage,
    readonly id: number,
    private readonly lockTimeoutMs: number,
  ) {}

  /** A statement like any other: it fails in a transaction that is aborted or gone. */
  get wroteNothing(): boolean {
    this.check();
    return !this.wrote;
  }

  get isOpen(): boolean {
    return this.status === 'open';
  }

  get isAborted(): boolean {
    return this.aborted;
  }

  get(key: string): Value {
    this.check();
    return this.writes.has(key) ? this.writes.get(key) : this.database.read(key);
  }

  /** Takes the row's lock, waiting for others; a write of a row that is not locked takes it too. */
  async lock(key: string): Promise<void> {
    this.check();
    this.wrote = true;
    try {
      const isNew = await this.database.locks.acquire(key, this, this.lockTimeoutMs);
      if (isNew) this.keep(key);
    } catch (error) {
      this.aborted = true;
      throw error;
    }
  }

  /** The lock may have been granted in the moment in which the connection was lost. */
  private keep(key: string): void {
    if (this.status === 'open') this.locks.add(key);
    else this.database.locks.release([key]);
    this.checkOpen();
  }

  async put(key: string, value: Value): Promise<void> {
    if (this.locks.has(key)) this.check();
    else await this.lock(key);
    this.writes.set(key, value);
  }

  /** An error as the server would raise it: the transaction is aborted by it. */
  fail(error: StoreError): never {
    this.aborted = true;
    throw error;
  }

  /** false when it was aborted and is now rolled back: the server's tag ROLLBACK. */
  commit(): boolean {
    this.checkOpen();
    this.finish(this.aborted ? 'rollback' : 'commit');
    return !this.aborted;
  }

  /** The locks and writes stay with this object until `finish`. false as of `commit`. */
  prepare(): boolean {
    this.checkOpen();
    if (this.aborted) this.end('ended');
    else this.status = 'prepared';
    this.tell();
    return !this.aborted;
  }

  finish(how: 'commit' | 'rollback'): void {
    if (how === 'commit') this.database.apply(this.writes);
    this.end('ended');
  }

  rollback(): void {
    if (this.status === 'open') this.end('ended');
  }

  /** The connection is gone: as a rollback, but later verbs hear why. */
  lose(): void {
    if (this.status !== 'open') return;
    this.database.locks.drop(this, connectionLost());
    this.end('lost');
  }

  onEnd(listener: () => void): void {
    this.listeners.push(listener);
  }

  private end(status: 'ended' | 'lost'): void {
    this.status = status;
    this.database.locks.release(this.locks);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners.splice(0)) listener();
  }

  private check(): void {
    this.checkOpen();
    if (!this.aborted) return;
    throw new StoreError('OTHER', 'current transaction is aborted, commands ignored', false, '25P02');
  }

  private checkOpen(): void {
    if (this.status === 'lost') throw connectionLost();
    if (this.status !== 'open') throw new StoreError('OTHER', 'the local transaction has ended', false, null);
  }
}

export const connectionLost = (): StoreError =>
  new StoreError('UNAVAILABLE', 'Connection terminated unexpectedly', false, null);
