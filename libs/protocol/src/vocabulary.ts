/** The words of the protocol (protocol.md §2–§5). One word for one thing: code, SQL, wire and docs use these. */

export const Mode = { TwoPhase: '2pc', Saga: 'saga' } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export const Fallback = { None: 'none', Saga: 'saga' } as const;
export type Fallback = (typeof Fallback)[keyof typeof Fallback];

/** The write-once cell of one attempt. */
export const Decision = { Commit: 'COMMIT', Abort: 'ABORT' } as const;
export type Decision = (typeof Decision)[keyof typeof Decision];

/** What the client is told; final once set (G2). */
export type Outcome = 'committed' | 'aborted';

export const TransactionState = {
  Begun: 'BEGUN',
  Preparing: 'PREPARING',
  Committing: 'COMMITTING',
  Committed: 'COMMITTED',
  Aborting: 'ABORTING',
  Aborted: 'ABORTED',
  SagaRunning: 'SAGA_RUNNING',
  SagaStuckForward: 'SAGA_STUCK_FORWARD',
  SagaCompleted: 'SAGA_COMPLETED',
  SagaCompensating: 'SAGA_COMPENSATING',
  CompensationStuck: 'COMPENSATION_STUCK',
  SagaCompensated: 'SAGA_COMPENSATED',
  Quarantined: 'QUARANTINED',
} as const;
export type TransactionState = (typeof TransactionState)[keyof typeof TransactionState];

/** What the coordinator knows of a branch of one attempt. PREPARED is a vote held in memory, the others are durable. */
export const BranchState = {
  Pending: 'PENDING',
  Prepared: 'PREPARED',
  ReadOnly: 'READ_ONLY',
  Committed: 'COMMITTED',
  Aborted: 'ABORTED',
  Done: 'DONE',
  Failed: 'FAILED',
  Compensated: 'COMPENSATED',
  NullCompensated: 'NULL_COMPENSATED',
  Lost: 'LOST',
} as const;
export type BranchState = (typeof BranchState)[keyof typeof BranchState];

/** How a participant does its half (§2). */
export const Style = { Xa: 'xa', Tcc: 'tcc', Saga: 'saga' } as const;
export type Style = (typeof Style)[keyof typeof Style];

export const StepKind = { Compensatable: 'compensatable', Pivot: 'pivot', Retriable: 'retriable' } as const;
export type StepKind = (typeof StepKind)[keyof typeof StepKind];

export const Vote = { Yes: 'YES', ReadOnly: 'READ_ONLY', No: 'NO' } as const;
export type Vote = (typeof Vote)[keyof typeof Vote];

/** Why a participant said NO (§5). Those of FALLBACK_CODES allow the saga fallback (R8). */
export const NoCode = {
  Refused: 'REFUSED',
  InvalidPayload: 'INVALID_PAYLOAD',
  Fenced: 'FENCED',
  Error: 'ERROR',
  LockTimeout: 'LOCK_TIMEOUT',
  Deadlock: 'DEADLOCK',
  Serialization: 'SERIALIZATION',
  Slots: 'SLOTS',
  Expired: 'EXPIRED',
  No2pc: 'NO_2PC',
  Unavailable: 'UNAVAILABLE',
} as const;
export type NoCode = (typeof NoCode)[keyof typeof NoCode];

export const FALLBACK_CODES: readonly NoCode[] = [
  NoCode.LockTimeout,
  NoCode.Deadlock,
  NoCode.Serialization,
  NoCode.Slots,
  NoCode.Expired,
  NoCode.No2pc,
  NoCode.Unavailable,
];

/** Heuristic aggregation only moves up: none → hazard → mixed (§9). */
export const Heuristic = { None: 'none', Hazard: 'hazard', Mixed: 'mixed' } as const;
export type Heuristic = (typeof Heuristic)[keyof typeof Heuristic];

/** The two halves of a saga step. */
export const Phase = { Action: 'ACTION', Compensate: 'COMPENSATE' } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];
