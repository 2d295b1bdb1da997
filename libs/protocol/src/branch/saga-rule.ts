import type { BranchFault, Json } from '../transaction.js';
import { NoCode } from '../vocabulary.js';
import type { SeenRow } from './evidence.js';
import { BranchRowState as S } from './states.js';

export type SagaState = 'DONE' | 'FAILED' | 'COMPENSATED' | 'NULL_COMPENSATED';

/** A stored result, as RESULT carries it. */
export interface StoredResult {
  readonly result: 'DONE' | 'FAILED';
  readonly state: SagaState;
  readonly error: BranchFault | null;
  readonly output: Json;
}

/** work: nothing is stored.   report: say it again.   violation: a row of another style holds the key. */
export type ActionRule =
  | { readonly do: 'work' }
  | { readonly do: 'report'; readonly stored: StoredResult }
  | { readonly do: 'violation'; readonly state: S };

/** undo: compensate.   plant: the action never ran; insert NULL_COMPENSATED so that it never will. */
export type CompensateRule =
  | { readonly do: 'undo' }
  | { readonly do: 'plant' }
  | { readonly do: 'report'; readonly stored: StoredResult }
  | { readonly do: 'violation'; readonly state: S };

/** A duplicate gets the stored result; an action after its null compensation is refused for ever [X]. */
export function actionRule(row: SeenRow | null): ActionRule {
  // TLA+: ActionDone, ActionFailed; RepeatResult for what is stored
  if (!row) return { do: 'work' };
  const state = sagaState(row);
  if (!state) return { do: 'violation', state: row.state };
  if (state === 'NULL_COMPENSATED') {
    const error = { code: NoCode.Fenced, message: 'compensated before the action came' };
    return { do: 'report', stored: { result: 'FAILED', state, error, output: null } };
  }
  const result = state === 'FAILED' ? 'FAILED' : 'DONE';
  return { do: 'report', stored: { result, state, error: row.error, output: row.output } };
}

/** `settle`: only learn what the action came to (a pivot is never undone), or make sure that it never runs. */
export function compensateRule(row: SeenRow | null, settle: boolean): CompensateRule {
  // TLA+: Compensate, NullCompensate; RepeatResult for what is stored
  if (!row) return { do: 'plant' };
  const state = sagaState(row);
  if (!state) return { do: 'violation', state: row.state };
  if (state === 'DONE' && !settle) return { do: 'undo' };
  return { do: 'report', stored: { result: 'DONE', state, error: row.error, output: row.output } };
}

/** R3: an action may run only over earlier attempts that hold nothing and never committed. */
export function earlierAllowsAction(row: SeenRow | null): boolean {
  return (
    row === null || (row.state !== S.Committed && row.state !== S.HeurCommitted && row.state !== S.Prepared)
  );
}

/** FORGET never takes the payload of a branch that still needs it. */
export function forgettable(row: SeenRow | null): boolean {
  return row !== null && row.state !== S.Prepared;
}

function sagaState(row: SeenRow): SagaState | null {
  const { state } = row;
  return state === S.Done || state === S.Failed || state === S.Compensated || state === S.NullCompensated
    ? state
    : null;
}
