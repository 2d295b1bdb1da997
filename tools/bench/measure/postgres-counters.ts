import pg from 'pg';

/** What the database server has done since it started. */
export interface PostgresCounters {
  /** Of the databases asked for. Sessions report them at most once a second: exact over seconds, not over milliseconds. */
  readonly commits: number;
  /** Of the whole server. */
  readonly walBytes: number;
  /** Full page images in them: the first change of a page after a checkpoint costs a page. */
  readonly walPageImages: number;
  /** fsyncs of the log, of the whole server; reported as late as commits. */
  readonly walSyncs: number;
}

const COUNTERS = `
  SELECT
    (SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = ANY ($1))::float8 AS "commits",
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS "walBytes",
    (SELECT wal_fpi FROM pg_stat_wal)::float8 AS "walPageImages",
    (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')::float8 AS "walSyncs"`;

const STATEMENTS = `
  SELECT d.datname AS database, s.query, sum(s.calls)::float8 AS calls,
    sum(s.total_exec_time) AS "executionMs", sum(s.rows)::float8 AS rows
  FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
  WHERE d.datname = ANY ($1) GROUP BY 1, 2`;

/** How often a statement ran, as pg_stat_statements normalizes it; BEGIN and COMMIT are statements, too. */
export interface StatementCount {
  readonly database: string;
  readonly query: string;
  readonly calls: number;
  /** Inside the server. */
  readonly executionMs: number;
  readonly rows: number;
}

/** Looks at the statistics of a server over connections of its own, as superuser. */
export class PostgresCounter {
  private constructor(private readonly pool: pg.Pool) {}

  static async open(adminUrl: string): Promise<PostgresCounter> {
    const pool = new pg.Pool({ connectionString: adminUrl });
    // Opened now: the first look is not to wait for a connection.
    await pool.query('SELECT 1');
    return new PostgresCounter(pool);
  }

  async read(databases: readonly string[]): Promise<PostgresCounters> {
    const { rows } = await this.pool.query<PostgresCounters & pg.QueryResultRow>(COUNTERS, [databases]);
    return rows[0]!;
  }

  /** Everything the databases were asked since the server started. */
  async statements(databases: readonly string[]): Promise<StatementCount[]> {
    return (await this.pool.query<StatementCount & pg.QueryResultRow>(STATEMENTS, [databases])).rows;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
