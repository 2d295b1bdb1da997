/** Every state a participant's branch row can be in (protocol.md §4), and every legal move, in one place. */

/** xa rows appear only as COMMITTED, READ_ONLY, ABORTED or LOST: their gid is their PREPARED. */
export const BranchRowState = {
  Prepared: 'PREPARED',
  ReadOnly: 'READ_ONLY',
  Committed: 'COMMITTED',
  Aborted: 'ABORTED',
  Lost: 'LOST',
  HeurCommitted: 'HEUR_COMMITTED',
  HeurAborted: 'HEUR_ABORTED',
  Done: 'DONE',
  Failed: 'FAILED',
  Compensated: 'COMPENSATED',
  NullCompensated: 'NULL_COMPENSATED',
} as const;
export type BranchRowState = (typeof BranchRowState)[keyof typeof BranchRowState];

/** What moves a row: a command, or an operator's heuristic. */
export type BranchMover = 'PREPARE' | 'COMMIT' | 'ABORT' | 'ACTION' | 'COMPENSATE' | 'OPERATOR';

export interface BranchTransition {
  /** null: there is no row yet. */
  readonly from: BranchRowState | null;
  readonly to: BranchRowState;
  readonly by: BranchMover;
  readonly why: string;
}

const S = BranchRowState;

/** Within one local transaction PREPARE and ACTION insert first and correct the row before anyone sees it. */
export const BRANCH_TRANSITIONS: readonly BranchTransition[] = [
  { from: null, to: S.Prepared, by: 'PREPARE', why: 'tcc: the reservation stands' },
  {
    from: null,
    to: S.Committed,
    by: 'PREPARE',
    why: 'xa: inside the prepared transaction, visible with COMMIT PREPARED',
  },
  { from: null, to: S.ReadOnly, by: 'PREPARE', why: 'xa: nothing was written' },
  { from: null, to: S.Aborted, by: 'PREPARE', why: 'the NO leaves a tombstone' },
  { from: S.Prepared, to: S.Prepared, by: 'PREPARE', why: 'tcc: the output of the try is added' },
  { from: S.Prepared, to: S.ReadOnly, by: 'PREPARE', why: 'tcc: the try reserved nothing' },
  { from: S.Prepared, to: S.Aborted, by: 'PREPARE', why: 'tcc: the try was refused' },
  { from: S.Prepared, to: S.Committed, by: 'COMMIT', why: 'tcc: confirmed' },
  { from: null, to: S.Lost, by: 'COMMIT', why: 'nothing is left to commit; no late PREPARE may prepare' },
  { from: S.Prepared, to: S.Aborted, by: 'ABORT', why: 'tcc: cancelled' },
  { from: null, to: S.Aborted, by: 'ABORT', why: 'tombstone: no late PREPARE may prepare' },
  { from: S.Prepared, to: S.Aborted, by: 'ACTION', why: 'R3: the action cancels its own earlier attempt' },
  { from: null, to: S.Done, by: 'ACTION', why: 'the action ran' },
  { from: null, to: S.Failed, by: 'ACTION', why: 'refused before the handler ran' },
  { from: S.Done, to: S.Done, by: 'ACTION', why: 'the output of the action is added' },
  { from: S.Done, to: S.Failed, by: 'ACTION', why: 'the handler refused; fence and cancel stay' },
  { from: S.Done, to: S.Compensated, by: 'COMPENSATE', why: 'undone' },
  { from: null, to: S.NullCompensated, by: 'COMPENSATE', why: 'tombstone: no late ACTION may run' },
  { from: S.Prepared, to: S.HeurCommitted, by: 'OPERATOR', why: 'heuristic' },
  { from: S.Prepared, to: S.HeurAborted, by: 'OPERATOR', why: 'heuristic' },
];

/** The states from which `by` may move a row to `to`: the precondition of that UPDATE. */
export function movableFrom(by: BranchMover, to: BranchRowState): readonly BranchRowState[] {
  return BRANCH_TRANSITIONS.filter((move) => move.by === by && move.to === to).flatMap(
    (move) => move.from ?? [],
  );
}

/** True when `by` may insert a row in this state. */
export function insertable(by: BranchMover, to: BranchRowState): boolean {
  return BRANCH_TRANSITIONS.some((move) => move.by === by && move.to === to && move.from === null);
}

/** Nothing but an operator moves a row out of an ended state; DONE may still be compensated. */
export function ended(state: BranchRowState): boolean {
  return state !== S.Prepared && state !== S.Done;
}
