import type { Clock } from '#observability';
import type { Locks } from './locks.js';

/** Values are never changed in place: a write replaces them. undefined deletes. */
export type Value = object | string | number | boolean | null | undefined;

/** What a transaction needs of its database. */
export interface Storage {
  readonly name: string;
  readonly clock: Clock;
  readonly locks: Locks;
  /** What everybody sees. */
  read(key: string): Value;
  apply(writes: ReadonlyMap<string, Value>): void;
}
