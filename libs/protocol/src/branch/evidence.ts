import type { BranchFault, Json } from '../transaction.js';
import type { Style } from '../vocabulary.js';
import type { BranchRowState } from './states.js';

/** What a rule needs of a branch row. */
export interface SeenRow {
  readonly style: Style;
  readonly state: BranchRowState;
  readonly output: Json;
  readonly error: BranchFault | null;
}

/** What the participant's database says of one (gtx, attempt, branch): rows and fence first, gids in a later statement. */
export interface SeenBranch {
  readonly attempt: number;
  /** Highest attempt this branch was fenced to; 0 when never. */
  readonly maxAttempt: number;
  readonly row: SeenRow | null;
  /** xa: the gid is in pg_prepared_xacts. */
  readonly gid: boolean;
}
