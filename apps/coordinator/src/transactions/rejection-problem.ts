import { BeginRejected, type BeginRejection } from '#coordination';
import { Problem, conflict, impossible, overloaded } from '#service';

/** The transaction is refused for now: held for reconciliation. */
const HELD_RETRY_AFTER_S = '5';

/** The problem of a refused BEGIN; anything else comes back as it is. */
export function rejectionProblem(error: unknown): unknown {
  if (!(error instanceof BeginRejected)) return error;
  const { code, message, faults } = error;
  if (code === 'OVERLOAD')
    return overloaded(`${sentence(message)} Repeat the request with the same id or key.`);
  if (code === 'HELD') return held(message);
  if (code === 'BODY_MISMATCH') return conflict(problemCode(code), sentence(message));
  return impossible(problemCode(code), sentence(message), faults);
}

function held(message: string): Problem {
  const headers = { 'retry-after': HELD_RETRY_AFTER_S };
  return new Problem(503, problemCode('HELD'), sentence(message), { headers });
}

function problemCode(code: BeginRejection): `CONCORDAT_${string}` {
  return `CONCORDAT_${code}`;
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
