import type { ClientBase } from 'pg';
import type { EntityManager } from 'typeorm';
import type { Json } from '#protocol';
import type { Log } from '#observability';

/** One branch, as a handler sees it that only names its SQL. */
export interface StatementContext<T = unknown> {
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
  readonly operation: string;
  /** Checked and transformed by the operation's schema. */
  readonly payload: T;
  /** What the try or action of this branch returned; null before, and for xa. */
  readonly output: Json;
  /** What is left of the prepare budget (monotonic clock); Infinity where none applies. */
  readonly budgetLeftMs: number;
  readonly log: Log;
}

/** What a handler gets: one branch, and the open local transaction it must work in. */
export interface BranchContext<T = unknown> extends StatementContext<T> {
  /** The open connection. Never COMMIT, ROLLBACK or release it: the executor does, after writing its own rows. */
  readonly client: ClientBase;
  /** The same transaction as a TypeORM manager. Throws ParticipantError where none was configured. */
  entityManager(): EntityManager;
}

/** Makes a TypeORM manager over an open pg client (nest/ supplies one from the application's DataSource). */
export type EntityManagerFactory = (client: unknown) => EntityManager;
