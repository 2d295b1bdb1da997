import { NoCode } from '../vocabulary.js';

/** What went wrong while a branch was worked on, in the words of the participant's store. */
export type BranchFaultKind =
  | 'LOCK_TIMEOUT'
  | 'DEADLOCK'
  | 'SERIALIZATION'
  | 'DUPLICATE'
  | 'SLOTS'
  | 'DISABLED'
  | 'BUSY'
  | 'NOT_OWNER'
  | 'OTHER_DATABASE'
  | 'ABORTED'
  | 'UNAVAILABLE'
  | 'OTHER';

/**
 *  look-again: it may be our own other copy; decide from the rows and gids.
 *  ask-database: if the database answers, look again; if not, nothing may be said and the command comes again.
 *  vote-no: nothing was done and nothing will be.
 */
export interface FaultRule {
  readonly then: 'look-again' | 'ask-database' | 'vote-no';
  /** The vote when looking again (bounded) shows nothing. */
  readonly no: NoCode;
}

export const FAULT_RULES: Readonly<Record<BranchFaultKind, FaultRule>> = {
  LOCK_TIMEOUT: { then: 'look-again', no: NoCode.LockTimeout },
  DUPLICATE: { then: 'look-again', no: NoCode.Serialization },
  BUSY: { then: 'look-again', no: NoCode.Unavailable },
  UNAVAILABLE: { then: 'ask-database', no: NoCode.Unavailable },
  DEADLOCK: { then: 'vote-no', no: NoCode.Deadlock },
  SERIALIZATION: { then: 'vote-no', no: NoCode.Serialization },
  SLOTS: { then: 'vote-no', no: NoCode.Slots },
  DISABLED: { then: 'vote-no', no: NoCode.No2pc },
  NOT_OWNER: { then: 'vote-no', no: NoCode.Error },
  OTHER_DATABASE: { then: 'vote-no', no: NoCode.Error },
  ABORTED: { then: 'vote-no', no: NoCode.Error },
  OTHER: { then: 'vote-no', no: NoCode.Error },
};

/** SQLSTATEs that a handler's own statements bring up. 23505 is missing on purpose: in a business table it is the handler's error. */
const BY_SQLSTATE: Readonly<Record<string, BranchFaultKind>> = {
  '55P03': 'LOCK_TIMEOUT',
  '57014': 'LOCK_TIMEOUT', // statement_timeout: most often a lock, too
  '40P01': 'DEADLOCK',
  '40001': 'SERIALIZATION',
  '53200': 'SLOTS',
  '53300': 'UNAVAILABLE',
  '57P01': 'UNAVAILABLE',
  '57P02': 'UNAVAILABLE',
  '57P03': 'UNAVAILABLE',
  '25P03': 'UNAVAILABLE', // idle_in_transaction_session_timeout ended the session
  '25P02': 'ABORTED', // the handler went on after a failed statement
};

/** OTHER for every SQLSTATE without a meaning of its own; class 08 is a broken connection. */
export function faultOfSqlState(sqlState: string): BranchFaultKind {
  return BY_SQLSTATE[sqlState] ?? (sqlState.startsWith('08') ? 'UNAVAILABLE' : 'OTHER');
}

/** A saga step fails only for these; everything else is RETRY (§5). */
export function failsSagaStep(code: NoCode): boolean {
  return code === NoCode.Refused || code === NoCode.InvalidPayload;
}
