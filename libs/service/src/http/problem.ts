import { STATUS_CODES } from 'node:http';
import type { InputFault } from '#wire';

/** What a Problem may say beyond its code and its sentence. */
export interface ProblemMore {
  /** Every fault of the input, with where it is. */
  readonly errors?: readonly InputFault[];
  /** Further members of the body, e.g. `evidence`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * An answer that is an error: throw it anywhere below a controller. Becomes `application/problem+json` (RFC 9457) with
 * `type, title, status, detail, code` and, where there are any, `errors[]` and `extra`. The code is stable: clients branch on it.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly errors: readonly InputFault[];
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    /** `CONCORDAT_…`, for machines. */
    readonly code: `CONCORDAT_${string}`,
    /** One sentence for people. */
    readonly detail: string,
    { errors = [], extra = {}, headers = {}, cause }: ProblemMore = {},
  ) {
    super(`${status} ${code}: ${detail}`, { cause });
    this.errors = errors;
    this.extra = extra;
    this.headers = headers;
  }

  body(): Record<string, unknown> {
    const { status, code, detail, errors, extra } = this;
    const word = code.slice('CONCORDAT_'.length).toLowerCase().replaceAll('_', '-');
    return {
      ...extra,
      type: `urn:concordat:problem:${word}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail,
      code,
      ...(errors.length > 0 ? { errors } : {}),
    };
  }
}

/** 400: the input does not fit its schema. */
export function invalid(
  errors: readonly InputFault[],
  detail = 'The request does not fit its schema.',
): Problem {
  return new Problem(400, 'CONCORDAT_INVALID', detail, { errors });
}

/** 404 */
export function notFound(detail: string): Problem {
  return new Problem(404, 'CONCORDAT_NOT_FOUND', detail);
}

/** 409: a precondition does not hold; `extra` carries the evidence. */
export function conflict(
  code: `CONCORDAT_${string}`,
  detail: string,
  extra: ProblemMore['extra'] = {},
): Problem {
  return new Problem(409, code, detail, { extra });
}

/** 422: well-formed but impossible. */
export function impossible(
  code: `CONCORDAT_${string}`,
  detail: string,
  errors: readonly InputFault[] = [],
): Problem {
  return new Problem(422, code, detail, { errors });
}

/** 429: more work than this instance takes on; come back after `retryAfterS` seconds. */
export function overloaded(detail: string, retryAfterS = 1): Problem {
  return new Problem(429, 'CONCORDAT_OVERLOADED', detail, {
    headers: { 'retry-after': String(retryAfterS) },
  });
}

/** 503: `part` (database, broker …) is away; come back after `retryAfterS` seconds. */
export function unavailable(part: string, detail: string, cause?: unknown, retryAfterS = 1): Problem {
  return new Problem(503, 'CONCORDAT_UNAVAILABLE', detail, {
    extra: { part },
    headers: { 'retry-after': String(retryAfterS) },
    cause,
  });
}
