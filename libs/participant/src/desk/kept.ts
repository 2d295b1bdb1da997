import type { BranchKey, BranchRow } from '#persistence';
import { keyText } from './work.js';

/** What a decision needs of a branch's row to call its handler. */
export type KeptBranch = Pick<BranchRow, 'operation' | 'payload' | 'output'>;

/** At most so many, each at most so large as JSON: 8 MiB and what the objects themselves take. */
const MAX_BRANCHES = 4_096;
const MAX_JSON = 2_048;

/**
 * Branches that this process prepared, as their rows have them, so that a decision need not read the row before it can name its SQL.
 * A hint that saves a round trip, never evidence: what may be done is still decided by the row, which must move. Whatever is not
 * here (another process prepared it, it was too large, too many came since) is read.
 */
export class KeptBranches {
  private readonly branches = new Map<string, KeptBranch>();

  keep(key: BranchKey, branch: KeptBranch): void {
    if (JSON.stringify([branch.payload, branch.output]).length > MAX_JSON) return;
    if (this.branches.size >= MAX_BRANCHES) this.branches.delete(this.branches.keys().next().value!);
    this.branches.set(keyText(key), branch);
  }

  get(key: BranchKey): KeptBranch | null {
    return this.branches.get(keyText(key)) ?? null;
  }

  drop(key: BranchKey): void {
    this.branches.delete(keyText(key));
  }
}
