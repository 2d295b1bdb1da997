import type pg from 'pg';
import { LedgerError } from '../port/ledger.js';
import { databaseFault, endsSession, toLedgerError } from './errors.js';

/** One SQL verb with its values. `name` makes the server keep its plan per session; one name, one text. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** An answer later than this ends the session, as the pool's `answerTimeoutMs` does for statements that name none. */
  readonly answerTimeoutMs?: number;
}

/** Reports every statement sent (metrics, tests). */
export type OnStatement = (name: string) => void;

/** The one warning that means: committed here, but not where it was promised (a cancelled wait for a standby). */
const SYNC_WAIT_ROUTINE = 'SyncRepWaitForLSN';

interface Notice {
  readonly routine?: string | undefined;
  readonly message?: string | undefined;
}

/** pg reads `query_timeout` of a single query too; its types do not know. */
function queryOf({ name, text, values, answerTimeoutMs }: Statement): pg.QueryConfig {
  const query = { name, text, values: [...values] };
  return answerTimeoutMs === undefined ? query : { ...query, ...{ query_timeout: answerTimeoutMs } };
}

async function send(client: pg.PoolClient, statement: Statement): Promise<pg.QueryResult> {
  let warning: Notice | null = null;
  const listen = (notice: Notice): void => {
    if (notice.routine === SYNC_WAIT_ROUTINE) warning = notice;
  };
  client.on('notice', listen);
  try {
    const result = await client.query(queryOf(statement));
    if (warning !== null) throw new LedgerError('UNAVAILABLE', `${statement.name}: not yet durable`, true);
    return result;
  } finally {
    client.off('notice', listen);
  }
}

const mustDrop = (error: unknown): boolean =>
  error instanceof LedgerError ? error.ambiguous : endsSession(databaseFault(error));

/** A connection; failing to get one is never ambiguous, nothing was sent. */
async function checkOut(pool: pg.Pool, doing: string): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new LedgerError('UNAVAILABLE', `${doing}: ${message}`, false, { cause: error });
  }
}

/**
 * Runs one statement as its own local transaction.
 * @throws LedgerError; a session whose last word was not heard, or that answered with the warning above, is not used again.
 */
export async function runStatement<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: Statement,
  onStatement: OnStatement,
): Promise<R[]> {
  const client = await checkOut(pool, statement.name);
  onStatement(statement.name);
  try {
    const { rows } = await send(client, statement);
    client.release();
    return rows as R[];
  } catch (error) {
    client.release(mustDrop(error));
    throw toLedgerError(error, statement.name);
  }
}
