import { isoOf } from '../../ledger/time.js';
import { branchId, fenceId } from '../../port/branch-key.js';
import type { BranchKey, BranchRow, NewBranchRow } from '../../port/branch-store.js';
import type { MemoryDatabase } from './database.js';
import type { Value } from './storage.js';

/** A stored branch row; `forgotten` is SQL NULL in payload. */
export interface StoredRow extends NewBranchRow {
  readonly updatedAtMs: number;
  readonly forgotten: boolean;
}

export const rowKey = (key: BranchKey): string => `branch|${branchId(key)}`;
export const fenceKey = (key: Pick<BranchKey, 'gtx' | 'branch'>): string => `fence|${fenceId(key)}`;

export interface StoredFence extends Pick<BranchKey, 'gtx' | 'branch'> {
  readonly maxAttempt: number;
}

/** Reads of a transaction (own writes included) and of the database are the same to these. */
export interface Reader {
  (key: string): Value;
}

export const rowOf = (value: Value): StoredRow | null => (value as StoredRow | undefined) ?? null;
export const attemptOf = (value: Value): number => (value as StoredFence | undefined)?.maxAttempt ?? 0;

export const rowAt = (read: Reader, key: BranchKey): StoredRow | null => rowOf(read(rowKey(key)));
export const fenceAt = (read: Reader, key: BranchKey): number => attemptOf(read(fenceKey(key)));

export const allRows = (database: MemoryDatabase): StoredRow[] => database.values('branch') as StoredRow[];
export const allFences = (database: MemoryDatabase): StoredFence[] =>
  database.values('fence') as StoredFence[];

/** JSON goes in and out as a copy, as over a wire: nobody keeps a hand on what is stored. */
export function copyOf<T>(json: T): T {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(json)) copy[name] = copyOf((json as Record<string, unknown>)[name]);
  return copy as T;
}

export const toStored = (row: NewBranchRow, nowMs: number): StoredRow => ({
  gtx: row.gtx,
  branch: row.branch,
  attempt: row.attempt,
  style: row.style,
  state: row.state,
  operation: row.operation,
  payload: copyOf(row.payload),
  output: copyOf(row.output),
  error: copyOf(row.error),
  ledgerEpoch: row.ledgerEpoch,
  updatedAtMs: nowMs,
  forgotten: false,
});

export function toBranchRow(
  { updatedAtMs, forgotten: _forgotten, ...row }: StoredRow,
  nowMs: number,
): BranchRow {
  return {
    ...row,
    payload: copyOf(row.payload),
    output: copyOf(row.output),
    error: copyOf(row.error),
    updatedAt: isoOf(updatedAtMs),
    ageMs: nowMs - updatedAtMs,
  };
}
