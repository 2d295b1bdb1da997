import type { Pool } from 'pg';
import { toStoreError } from './faults.js';
import { Session } from './session.js';
import type { Run } from './statement.js';

/** Connections of one kind. Every checkout is a {@link Session}; `close` ends them all, busy ones too. */
export class SessionPool {
  private readonly inUse = new Set<Session>();
  private closed: Promise<void> | null = null;

  constructor(private readonly pool: Pool) {}

  /** @throws StoreError UNAVAILABLE, never ambiguous: nothing was sent */
  async checkOut(): Promise<Session> {
    try {
      const session = new Session(await this.pool.connect(), (ended) => this.inUse.delete(ended));
      this.inUse.add(session);
      return session;
    } catch (error) {
      throw toStoreError(error, 'connect');
    }
  }

  /** For statements that are transactions of their own. */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.checkOut();
    try {
      return await work(session);
    } finally {
      session.release(true);
    }
  }

  readonly run: Run = (statement) => this.use((session) => session.run(statement));

  /** A local transaction that is still open ends with its session: rolled back. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    const ended = this.pool.end();
    for (const session of this.inUse) session.release(false);
    await ended;
  }
}
