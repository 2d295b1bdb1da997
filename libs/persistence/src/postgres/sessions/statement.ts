import type { QueryResult, QueryResultRow } from 'pg';

/**
 * One SQL statement. With a `name` the server keeps its plan for the session: only for statements that reach rows through a
 * unique index by ON CONFLICT, or insert. Those that look rows up are planned anew each time: a plan kept from when a table
 * was small reads the whole table until the next ANALYZE.
 */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Runs a statement on some session; both a pool and an open transaction offer it. */
export type Run = <R extends QueryResultRow>(statement: Statement) => Promise<QueryResult<R>>;
