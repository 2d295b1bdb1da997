import { BusError } from '#messaging';
import { LedgerError, StoreError } from '#persistence';
import { type ErrorLike, isErrorLike } from './error-like.js';
import { type Problem, unavailable } from './problem.js';

/** Connection refused, reset, timed out, no such host. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
/** SQLSTATE: connection exceptions (class 08), shutting down or not yet up (57P), too many connections, read-only after a failover. */
const SQLSTATE = /^(08...|57P0[1-5]|53300|25006)$/;
/** What node-postgres says without any code. */
const PG_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/**
 * The 503 an error of the database or the broker stands for; null when it is something else. Looks through causes.
 * It claims nothing about what happened: a lost connection may have lost only the answer.
 */
export function unavailableProblem(error: unknown): Problem | null {
  const part = missingPart(error, 5);
  const detail = 'Repeat the request later, with the same id or Idempotency-Key where it has one.';
  return part === null ? null : unavailable(part, `The ${part} cannot be reached now. ${detail}`, error);
}

function missingPart(error: unknown, depthLeft: number): 'broker' | 'database' | null {
  if (!isErrorLike(error) || depthLeft === 0) return null;
  return ownPart(error) ?? missingPart(error.cause, depthLeft - 1);
}

function ownPart(error: ErrorLike): 'broker' | 'database' | null {
  if (error instanceof BusError) return error.retriable || error.code === 'CLOSED' ? 'broker' : null;
  if (error instanceof LedgerError || error instanceof StoreError)
    return error.code === 'UNAVAILABLE' ? 'database' : null;
  const code = String(error.code ?? '');
  return NETWORK.has(code) || SQLSTATE.test(code) || PG_MESSAGE.test(error.message) ? 'database' : null;
}
