import type { Json } from '../transaction.js';
import { Decision } from '../vocabulary.js';
import type { SeenRow } from './evidence.js';
import { BranchRowState as S } from './states.js';

export type AckState = 'COMMITTED' | 'ABORTED' | 'READ_ONLY' | 'LOST';

/**
 * What COMMIT or ABORT asks of its receiver, from the row alone. For xa the row is read in a new statement after COMMIT PREPARED
 * or ROLLBACK PREPARED was tried [X].
 *  finish: move PREPARED and run confirm or cancel.   plant: insert LOST or a tombstone, then acknowledge that.
 *  violation: the row contradicts the decision; alarm, and say truthfully what it is (null: it is no 2PC branch at all).
 */
export type DecisionRule =
  | { readonly do: 'finish' }
  | { readonly do: 'plant'; readonly state: typeof S.Lost | typeof S.Aborted }
  | { readonly do: 'ack'; readonly state: AckState; readonly output: Json }
  | { readonly do: 'heuristic'; readonly taken: Decision }
  | { readonly do: 'violation'; readonly state: AckState | null };

/** No row is LOST, never "committed". */
export function commitRule(row: SeenRow | null): DecisionRule {
  // TLA+: Commit
  if (!row) return { do: 'plant', state: S.Lost };
  return row.state === S.Aborted
    ? { do: 'violation', state: 'ABORTED' }
    : common(row, [S.Committed, S.ReadOnly, S.Lost]);
}

/** No row becomes a tombstone, so that a PREPARE which was overtaken finds it. */
export function abortRule(row: SeenRow | null): DecisionRule {
  // TLA+: Abort
  if (!row) return { do: 'plant', state: S.Aborted };
  return common(row, [S.Aborted, S.ReadOnly]);
}

function common(row: SeenRow, agreeing: readonly AckState[]): DecisionRule {
  if (row.state === S.Prepared) return { do: 'finish' };
  if (row.state === S.HeurCommitted) return { do: 'heuristic', taken: Decision.Commit };
  if (row.state === S.HeurAborted) return { do: 'heuristic', taken: Decision.Abort };
  const state = ackState(row.state);
  if (state && agreeing.includes(state)) return { do: 'ack', state, output: row.output };
  return { do: 'violation', state };
}

function ackState(state: S): AckState | null {
  return state === S.Committed || state === S.Aborted || state === S.ReadOnly || state === S.Lost
    ? state
    : null;
}
