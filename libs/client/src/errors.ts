import type { InputFault } from '#wire';

export interface ConcordatErrorDetails {
  /** The same call may succeed later. */
  readonly retriable: boolean;
  /** What the caller can do about it. */
  readonly remedy: string;
  /** HTTP status of the coordinator's answer; null when none came or it came over Kafka. */
  readonly status?: number | null;
  /** Faults of the input, with JSON pointers. */
  readonly errors?: readonly InputFault[];
  /** The transaction it is about, where one was chosen: it may exist although the call failed. */
  readonly gtx?: string | null;
  readonly cause?: unknown;
}

/**
 * An operating fault of the front door: a refusal of the coordinator (its `code`, `CONCORDAT_…`), or no answer at all.
 * Thrown by every verb of TransactionClient and by TransactionOutbox.enqueue.
 */
export class ConcordatError extends Error {
  override readonly name = 'ConcordatError';
  readonly retriable: boolean;
  readonly remedy: string;
  readonly status: number | null;
  readonly errors: readonly InputFault[];
  readonly gtx: string | null;

  constructor(
    readonly code: string,
    message: string,
    details: ConcordatErrorDetails,
  ) {
    super(message, { cause: details.cause });
    this.retriable = details.retriable;
    this.remedy = details.remedy;
    this.status = details.status ?? null;
    this.errors = details.errors ?? [];
    this.gtx = details.gtx ?? null;
  }
}

/** Nobody answered within the budget. The request may have been accepted all the same: the same id asks again. */
export function unreachable(message: string, gtx: string | null, cause: unknown): ConcordatError {
  return new ConcordatError('CONCORDAT_UNREACHABLE', message, {
    retriable: true,
    remedy:
      'See that a coordinator runs and that its URL is right; repeat the call with the same id or idempotency key.',
    gtx,
    cause,
  });
}

/** The stage was not reached in time; the transaction goes on. */
export function notInTime(gtx: string, awaited: string, waitMs: number): ConcordatError {
  return new ConcordatError(
    'CONCORDAT_NOT_IN_TIME',
    `transaction ${gtx} was not ${awaited} within ${waitMs} ms`,
    {
      retriable: true,
      remedy: 'Wait again for the same id: the transaction goes on by itself.',
      gtx,
    },
  );
}

/** The request is refused before it leaves the process: every fault at once. */
export function invalidRequest(errors: readonly InputFault[]): ConcordatError {
  const list = errors.map(({ pointer, detail }) => `${pointer === '' ? '/' : pointer}: ${detail}`).join('; ');
  return new ConcordatError('CONCORDAT_INVALID_REQUEST', `the request is not valid: ${list}`, {
    retriable: false,
    remedy: 'Correct the request.',
    errors,
  });
}

/** The client was stopped, or never started for what is asked. */
export function stopped(what: string): ConcordatError {
  return new ConcordatError('CONCORDAT_STOPPED', `${what} is stopped`, {
    retriable: false,
    remedy: 'Do not use it after stop().',
  });
}

/** The client was made without what the call needs. */
export function notConfigured(what: string, needs: string): ConcordatError {
  return new ConcordatError('CONCORDAT_NOT_CONFIGURED', `${what} needs ${needs}`, {
    retriable: false,
    remedy: `Give ${needs} to the client.`,
  });
}
