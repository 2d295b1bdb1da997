import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { StoreError } from '../../port/branch-store.js';
import { toStoreError, type Doing } from './faults.js';
import type { Statement } from './statement.js';
import { runTogether } from './together.js';

/** What pg puts into a notice, as far as it is read here. */
interface Notice {
  readonly routine?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

const SYNC_WAIT_ROUTINE = 'SyncRepWaitForLSN';
const NO_TRANSACTION = '25P01';

/**
 * One checked-out connection, from its checkout to its return.
 *
 * Invariants:
 *  1 It goes back to the pool only when its last word was heard and no transaction is open on it; otherwise it is destroyed.
 *  2 It is given back once; a later release does nothing.
 *  3 An error of the socket between two statements (a killed server) does not bring the process down.
 */
export class Session {
  private broken: Error | null = null;
  private released = false;

  /** @param onRelease told once, when the session ends */
  constructor(
    readonly client: PoolClient,
    private readonly onRelease: (session: Session) => void,
  ) {
    client.on('error', this.onError);
  }

  private readonly onError = (error: Error): void => {
    this.broken ??= error;
  };

  get ended(): boolean {
    return this.released;
  }

  async run<R extends QueryResultRow>(
    statement: Statement | string,
    doing: Doing = 'statement',
  ): Promise<QueryResult<R>> {
    if (this.released) throw new StoreError('OTHER', 'the local transaction has ended', false, null);
    try {
      return await this.client.query<R>(statement as Statement);
    } catch (error) {
      throw this.fault(error, doing);
    }
  }

  /** The same for several that leave in one write: one wait for all of them. */
  async runTogether(statements: readonly Statement[], doing: Doing = 'statement'): Promise<QueryResult[]> {
    if (this.released) throw new StoreError('OTHER', 'the local transaction has ended', false, null);
    try {
      return await runTogether(this.client, statements);
    } catch (error) {
      throw this.fault(error, doing);
    }
  }

  /**
   * A statement that makes something durable. Two warnings belie its success: a cancelled wait for a standby (committed here,
   * but not where it was promised), and that no transaction was open. The session is dropped; what happened must be read again.
   */
  runDurable(text: string, doing: Doing): Promise<QueryResult> {
    return this.durably(doing, () => this.run(text, doing));
  }

  /** The same for several statements, of which the last makes durable what they did. */
  runDurableTogether(statements: readonly Statement[], doing: Doing): Promise<QueryResult[]> {
    return this.durably(doing, () => this.runTogether(statements, doing));
  }

  private async durably<T>(doing: Doing, run: () => Promise<T>): Promise<T> {
    let belied: Notice | null = null;
    const note = (notice: Notice): void => {
      if (notice.routine === SYNC_WAIT_ROUTINE || notice.code === NO_TRANSACTION) belied = notice;
    };
    this.client.on('notice', note);
    try {
      const result = await run();
      if (belied !== null) throw this.belie(belied, doing);
      return result;
    } finally {
      this.client.off('notice', note);
    }
  }

  private belie({ message, code }: Notice, doing: Doing): StoreError {
    const text = `${doing} was answered with a warning: ${message ?? ''}`;
    const fault = new StoreError('UNAVAILABLE', text, true, code ?? null);
    this.broken ??= fault;
    return fault;
  }

  private fault(error: unknown, doing: Doing): StoreError {
    const fault = toStoreError(error, doing);
    if (fault.code === 'UNAVAILABLE') this.broken ??= fault;
    return fault;
  }

  /** Gives the connection back. `clean` says that no transaction is open on it. */
  release(clean: boolean): void {
    if (this.released) return;
    this.released = true;
    this.client.release(this.broken ?? !clean);
    this.client.off('error', this.onError);
    this.onRelease(this);
  }
}
