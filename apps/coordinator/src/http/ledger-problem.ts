import { LedgerError } from '#persistence';
import { type Problem, invalid, unavailable } from '#service';

const AWAY =
  'The ledger does not answer now, so nothing can be said about this request. Repeat it later, with the same id or Idempotency-Key where it has one.';

/** Every fault of the ledger is a 503 that claims nothing, and a cursor that is none a 400; null for what is no fault of the ledger. */
export function ledgerProblem(error: unknown): Problem | null {
  if (!(error instanceof LedgerError)) return null;
  if (error.code === 'REFUSED' && error.message.startsWith('cursor'))
    return invalid([{ pointer: '/cursor', detail: 'is not a cursor of this list' }]);
  return unavailable('database', AWAY, error);
}
