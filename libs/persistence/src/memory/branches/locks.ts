import type { Clock } from '#observability';
import { StoreError } from '../../port/branch-store.js';

/** Whoever may hold locks: an open or a prepared transaction. */
export interface LockOwner {
  readonly id: number;
}

interface Waiter {
  readonly owner: LockOwner;
  readonly grant: () => void;
  readonly fail: (error: StoreError) => void;
}

/**
 * Exclusive row locks of one database, first come first served.
 * An owner waits for one lock at a time; a circle of waiters is found when it would close.
 */
export class Locks {
  private readonly holders = new Map<string, LockOwner>();
  private readonly queues = new Map<string, Waiter[]>();
  private readonly waitsFor = new Map<LockOwner, string>();

  constructor(private readonly clock: Pick<Clock, 'after'>) {}

  /** How many wait now. */
  get waiting(): number {
    return this.waitsFor.size;
  }

  isHeldByOther(key: string, owner: LockOwner | null): boolean {
    const holder = this.holders.get(key);
    return holder !== undefined && holder !== owner;
  }

  /**
   * Returns whether the lock is new to the owner.
   * @param timeoutMs 0 fails at once
   * @throws StoreError LOCK_TIMEOUT, DEADLOCK, or what `abandon` says while it waits
   */
  async acquire(key: string, owner: LockOwner, timeoutMs: number): Promise<boolean> {
    const holder = this.holders.get(key);
    if (holder === owner) return false;
    if (holder === undefined) {
      this.holders.set(key, owner);
      return true;
    }
    if (this.closesCircle(holder, owner))
      throw new StoreError('DEADLOCK', 'deadlock detected', false, '40P01');
    if (timeoutMs <= 0) throw lockTimeout(key);
    await this.wait(key, owner, timeoutMs);
    return true;
  }

  private closesCircle(holder: LockOwner, owner: LockOwner): boolean {
    for (let at: LockOwner | undefined = holder; at !== undefined;) {
      if (at === owner) return true;
      const awaited = this.waitsFor.get(at);
      at = awaited === undefined ? undefined : this.holders.get(awaited);
    }
    return false;
  }

  private wait(key: string, owner: LockOwner, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(timeoutMs, () => this.drop(owner, lockTimeout(key)));
      const leave = (): void => {
        cancel();
        this.waitsFor.delete(owner);
      };
      const waiter: Waiter = {
        owner,
        grant: () => (leave(), resolve()),
        fail: (error) => (leave(), reject(error)),
      };
      this.queues.set(key, [...(this.queues.get(key) ?? []), waiter]);
      this.waitsFor.set(owner, key);
    });
  }

  /** Ends the owner's wait, if it waits, with `error`. */
  drop(owner: LockOwner, error: StoreError): void {
    const key = this.waitsFor.get(owner);
    if (key === undefined) return;
    const queue = this.queues.get(key) ?? [];
    const waiter = queue.find((each) => each.owner === owner);
    this.queues.set(
      key,
      queue.filter((each) => each !== waiter),
    );
    waiter?.fail(error);
  }

  /** Hands each lock to the next in its queue. */
  release(keys: Iterable<string>): void {
    for (const key of keys) {
      const [next, ...rest] = this.queues.get(key) ?? [];
      if (rest.length > 0) this.queues.set(key, rest);
      else this.queues.delete(key);
      if (next === undefined) this.holders.delete(key);
      else this.holders.set(key, next.owner);
      next?.grant();
    }
  }
}

const lockTimeout = (key: string): StoreError =>
  new StoreError('LOCK_TIMEOUT', `canceling statement due to lock timeout (${key})`, false, '55P03');
