/** Why a request is not accepted. OVERLOAD and HELD pass; the others are final for this body. */
export type BeginRejection =
  | 'OVERLOAD'
  | 'HELD'
  | 'ID_TOO_OLD'
  | 'ID_IN_FUTURE'
  | 'IMPOSSIBLE_PLAN'
  | 'UNKNOWN_PARTICIPANT'
  | 'UNKNOWN_OPERATION'
  | 'NO_ACTION'
  | 'NO_COMPENSATION'
  | 'BODY_MISMATCH';

export interface RejectionFault {
  /** JSON pointer into the request. */
  readonly pointer: string;
  readonly detail: string;
}

/** A request refused before anything was written. */
export class BeginRejected extends Error {
  override readonly name = 'BeginRejected';
  constructor(
    readonly code: BeginRejection,
    message: string,
    readonly faults: readonly RejectionFault[] = [],
  ) {
    super(message);
  }

  get retriable(): boolean {
    return this.code === 'OVERLOAD' || this.code === 'HELD';
  }
}
