import { LedgerError } from '../port/ledger.js';

/**
 * What a failure of pg says, apart from any port: the ledger and the participant's store give it their own names.
 * `unknown` = the server did not answer: the statement may or may not have taken effect.
 */
export interface DatabaseFault {
  readonly kind: 'lost' | 'unreachable' | 'contention' | 'refused';
  /** Five characters as the server gave them, null for faults of the network or of the client. */
  readonly sqlState: string | null;
  readonly message: string;
}

/** The guard triggers of the coordinator's schema refuse with this. */
export const GUARD_SQLSTATE = 'CC001';

const CONTENTION = new Set(['40001', '40P01', '55P03']);
/** A session that ended while it worked: the server's last word may have been lost with it. */
const SESSION_ENDED = /^(08|57P0|25P03)/;
/** The server answers, but cannot work: full, starting, cancelled, a standby. Nothing was written. */
const NOT_NOW = /^(53|58|57|25006|XX)/;

/** Network codes (ECONNRESET, EPIPE …) can have five characters too; they carry `syscall` or begin with E and a letter word. */
function sqlStateOf(error: unknown): string | null {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined ? code : null;
}

function kindOf(sqlState: string | null): DatabaseFault['kind'] {
  if (sqlState === null || SESSION_ENDED.test(sqlState)) return 'lost';
  if (CONTENTION.has(sqlState)) return 'contention';
  return NOT_NOW.test(sqlState) ? 'unreachable' : 'refused';
}

/** Reads an error that pg threw while a statement was under way. */
export function databaseFault(error: unknown): DatabaseFault {
  const sqlState = sqlStateOf(error);
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return { kind: kindOf(sqlState), sqlState, message };
}

/** True when the session must not be used again. */
export const endsSession = (fault: DatabaseFault): boolean =>
  fault.kind === 'lost' || fault.sqlState === '25006';

const CODES = {
  lost: 'UNAVAILABLE',
  unreachable: 'UNAVAILABLE',
  contention: 'CONFLICT',
  refused: 'REFUSED',
} as const;

/** The ledger's name for it. `doing` names the verb. Only a lost session leaves the effect in doubt. */
export function toLedgerError(error: unknown, doing: string): LedgerError {
  if (error instanceof LedgerError) return error;
  const fault = databaseFault(error);
  const text = `${doing}: ${fault.message}${fault.sqlState === null ? '' : ` (${fault.sqlState})`}`;
  return new LedgerError(CODES[fault.kind], text, fault.kind === 'lost', { cause: error });
}
