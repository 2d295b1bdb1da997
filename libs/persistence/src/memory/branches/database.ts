import type { Clock } from '#observability';
import { Locks } from './locks.js';
import type { Storage, Value } from './storage.js';
import { MemoryTransaction } from './transaction.js';

/**
 * One database of the twin: a key-value store with row locks and read-committed transactions. Tables are key prefixes.
 * Owns what is committed and who holds what; knows nothing of branches.
 */
export class MemoryDatabase implements Storage {
  readonly locks: Locks;
  private readonly committed = new Map<string, Exclude<Value, undefined>>();
  /** The same by table: for those who read all of one. */
  private readonly tables = new Map<string, Map<string, Exclude<Value, undefined>>>();
  private readonly open = new Set<MemoryTransaction>();
  private readonly sequences = new Map<string, number>();
  private lastId = 0;

  constructor(
    readonly name: string,
    readonly clock: Clock,
    private readonly applied: (writes: ReadonlyMap<string, Value>) => void = () => undefined,
  ) {
    this.locks = new Locks(clock);
  }

  begin(lockTimeoutMs: number): MemoryTransaction {
    this.lastId += 1;
    const transaction = new MemoryTransaction(this, this.lastId, lockTimeoutMs);
    this.open.add(transaction);
    transaction.onEnd(() => this.open.delete(transaction));
    return transaction;
  }

  /** What everybody sees. */
  read(key: string): Value {
    return this.committed.get(key);
  }

  /** Committed values of one table, in no promised order. */
  values(table: string): Value[] {
    return [...(this.tables.get(table)?.values() ?? [])];
  }

  apply(writes: ReadonlyMap<string, Value>): void {
    for (const [key, value] of writes) {
      const table = this.tableFor(key);
      for (const map of [this.committed, table])
        if (value === undefined) map.delete(key);
        else map.set(key, value);
    }
    this.applied(writes);
  }

  private tableFor(key: string): Map<string, Exclude<Value, undefined>> {
    const name = tableOf(key);
    const table = this.tables.get(name) ?? new Map<string, Exclude<Value, undefined>>();
    this.tables.set(name, table);
    return table;
  }

  /** As of a sequence: never rolled back. */
  nextId(sequence: string): number {
    const next = (this.sequences.get(sequence) ?? 0) + 1;
    this.sequences.set(sequence, next);
    return next;
  }

  /** The server died: every open transaction is gone; what is committed or prepared stays. */
  crash(): void {
    for (const transaction of [...this.open]) transaction.lose();
  }
}

const tableOf = (key: string): string => key.slice(0, key.indexOf('|'));
