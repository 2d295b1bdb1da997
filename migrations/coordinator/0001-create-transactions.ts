import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One row per global transaction.
 *
 * Column order: what never changes first, what a step changes last; WAL of an update on the same page holds only what
 * lies between the first and the last changed byte. fillfactor: more than half of each page is left free, because a batch that was
 * inserted together is decided together, and every row of a page wants its second, slightly longer version there at once (HOT).
 *
 * `json`, not `jsonb`, where users' values live: jsonb refuses \u0000 and lone surrogates, and one such payload would fail
 * the whole batch. `attempts` is ours, small and compared by the guard: jsonb.
 *
 * What each index costs, per transaction:
 *  - primary key: one entry at begin, one at the end (the end leaves the live indexes, so that update is not HOT). Ids are
 *    time-ordered: both go to the rightmost leaves. Lists, garbage collection and every write use it.
 *  - transaction_due, transaction_driven: one entry each at begin, none at the end; they hold live rows only. A step that
 *    moves `next_at` or `driver` adds entries to all indexes: a driver that keeps its own timers leaves `next_at` alone.
 *  - transaction_business_key: only rows that have one. transaction_damaged: nothing, until there is damage (an operator
 *    finds a quarantined transaction without a walk over all history, also when it had ended before).
 * There is none on state, outcome, participants or ended_at: they change with every step (no HOT update at all), and
 * lists walk the primary key from the newest row.
 */
export class CreateTransactions1790000000001 implements MigrationInterface {
  readonly name = 'CreateTransactions1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ISO);
    await runner.query(LEDGER_STATE);
    await runner.query(`INSERT INTO concordat.ledger_state (epoch, hold) VALUES (1, false)`);
    await runner.query(TRANSACTION);
    await runner.query(INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE concordat.transaction, concordat.ledger_state`);
    await runner.query(`DROP FUNCTION concordat.iso(timestamptz)`);
  }
}

/** The one text form of a stored time; independent of the session's time zone and date style. */
const ISO = `
CREATE OR REPLACE FUNCTION concordat.iso(timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$`;

const LEDGER_STATE = `
CREATE TABLE concordat.ledger_state (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch      integer NOT NULL,
  hold       boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
)`;

const TRANSACTION = `
CREATE TABLE concordat.transaction (
  gtx             uuid PRIMARY KEY,
  created_at      timestamptz NOT NULL DEFAULT now(),
  timeout_ms      integer NOT NULL,
  ledger_epoch    integer NOT NULL,
  tombstone       boolean NOT NULL DEFAULT false,
  mode            text NOT NULL,
  fallback        text NOT NULL,
  body_hash       text,
  business_key    text,
  description     text,
  initiator       text,
  traceparent     text,
  branch_ids      text[] NOT NULL,
  participants    text[] NOT NULL,
  branches        json NOT NULL,
  driver          text,
  deadline        timestamptz NOT NULL,
  next_at         timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  ended_at        timestamptz,
  version         integer NOT NULL DEFAULT 1,
  attempt         integer NOT NULL DEFAULT 1,
  tries           integer NOT NULL DEFAULT 0,
  state           text NOT NULL,
  decision        text CHECK (decision IN ('COMMIT', 'ABORT')),
  heuristic       text NOT NULL DEFAULT 'none',
  demand          json,
  settled         text[] NOT NULL DEFAULT '{}',
  results         json NOT NULL DEFAULT '[]',
  attempts        jsonb NOT NULL,
  CONSTRAINT transaction_cell_is_in_history
    CHECK (decision IS NOT DISTINCT FROM (attempts -> (attempt - 1) ->> 'decision')),
  CONSTRAINT transaction_plan_is_aligned CHECK (cardinality(branch_ids) = cardinality(participants))
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`;

const INDEXES = `
CREATE INDEX transaction_due ON concordat.transaction (next_at) WHERE ended_at IS NULL;
CREATE INDEX transaction_driven ON concordat.transaction (coalesce(driver, '')) WHERE ended_at IS NULL;
CREATE INDEX transaction_business_key ON concordat.transaction (business_key, gtx) WHERE business_key IS NOT NULL;
CREATE INDEX transaction_damaged ON concordat.transaction (gtx) WHERE heuristic <> 'none';
COMMENT ON COLUMN concordat.transaction.decision IS 'write-once cell of the current attempt';
COMMENT ON COLUMN concordat.transaction.participants IS 'of branch_ids, in the same order';
COMMENT ON COLUMN concordat.transaction.settled IS 'attempt:branch of every durable result, while the transaction lives'`;
