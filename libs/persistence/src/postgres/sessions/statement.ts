import type { QueryResult, QueryResultRow } from 'pg';

/**
 * One SQL statement. With a `name` the server parses it once per session and may keep its plan. In sessions where handlers run
 * (and the planner is theirs) a statement that looks rows up has none, or does so in a function with settings of its own: a plan kept
 * from when the table was small reads the whole table until the next ANALYZE.
 */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Runs a statement on some session; both a pool and an open transaction offer it. */
export type Run = <R extends QueryResultRow>(statement: Statement) => Promise<QueryResult<R>>;
