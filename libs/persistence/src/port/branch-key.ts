import type { BranchKey } from './branch-store.js';

/** A branch over all its attempts: what a fence guards. */
export const fenceId = (key: Pick<BranchKey, 'gtx' | 'branch'>): string => `${key.gtx}/${key.branch}`;

/** One attempt of a branch: what a row is. */
export const branchId = (key: BranchKey): string => `${fenceId(key)}/${key.attempt}`;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which every batch takes its locks: two batches with common keys wait for each other, they do not deadlock. */
export const compareBranchKeys = (a: BranchKey, b: BranchKey): number =>
  order(a.gtx, b.gtx) || order(a.branch, b.branch) || a.attempt - b.attempt;

/** Per fence the key with the highest attempt, in lock order: the others of the same batch are fenced by it. */
export function highestPerFence<K extends BranchKey>(keys: readonly K[]): K[] {
  const highest = new Map<string, K>();
  for (const key of keys) {
    const known = highest.get(fenceId(key));
    if (known === undefined || known.attempt < key.attempt) highest.set(fenceId(key), key);
  }
  return [...highest.values()].sort(compareBranchKeys);
}
