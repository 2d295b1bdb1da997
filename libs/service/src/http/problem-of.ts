import { STATUS_CODES } from 'node:http';
import { type ErrorLike, isErrorLike } from './error-like.js';
import { Problem } from './problem.js';
import { unavailableProblem } from './operating-errors.js';

/** Codes of what the framework itself refuses, by status. */
const CODES: Readonly<Record<number, `CONCORDAT_${string}`>> = {
  400: 'CONCORDAT_BAD_REQUEST',
  401: 'CONCORDAT_UNAUTHENTICATED',
  403: 'CONCORDAT_FORBIDDEN',
  404: 'CONCORDAT_NOT_FOUND',
  408: 'CONCORDAT_REQUEST_TIMEOUT',
  413: 'CONCORDAT_OVERSIZE',
  414: 'CONCORDAT_URI_TOO_LONG',
  415: 'CONCORDAT_UNSUPPORTED_MEDIA_TYPE',
  417: 'CONCORDAT_EXPECTATION_FAILED',
  429: 'CONCORDAT_OVERLOADED',
  431: 'CONCORDAT_HEADERS_TOO_LARGE',
};

/** What a request failed with, in plain words, for statuses whose own message names internals. */
const DETAILS: Readonly<Record<number, string>> = {
  413: 'The body is larger than 1 MiB.',
  415: 'Only application/json in UTF-8, not encoded, is understood.',
};

/** The problem an error stands for; null for one that is not known. */
export type ProblemOf = (error: unknown) => Problem | null;

/** The problem of a 4xx. */
export function clientProblem(status: number, message: string): Problem {
  const code = CODES[status] ?? 'CONCORDAT_BAD_REQUEST';
  return new Problem(status, code, DETAILS[status] ?? (message || (STATUS_CODES[status] ?? 'Bad request')));
}

/**
 * The problem any thrown value stands for: itself, a 503 for a part that is away, the 4xx of an error that says its own status;
 * null for everything unexpected (a 500, whose words must not reach the client).
 */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  const away = unavailableProblem(error);
  if (away !== null) return away;
  if (!isErrorLike(error)) return null;
  const status = statusOf(error);
  return status !== null && status >= 400 && status < 500 ? clientProblem(status, error.message) : null;
}

/** Nest's HttpException answers getStatus(), Fastify's errors carry statusCode. */
function statusOf(error: ErrorLike): number | null {
  if ('getStatus' in error && typeof error.getStatus === 'function') return Number(error.getStatus());
  return typeof error.statusCode === 'number' ? error.statusCode : null;
}
