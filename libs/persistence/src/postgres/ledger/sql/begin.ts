import { Mode, type Attempt } from '#protocol';
import type { NewTransaction } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';
import { jsonArray, nestedArray, plainArray, textArray } from '../arrays.js';
import { timelineArray } from './timeline.js';

/** One row; none while the ledger is held. */
export interface BeginRow {
  readonly epoch: number;
  /** Ms since 1970 with a fraction: all of them have one time of birth. */
  readonly born_ms: number;
  /** Those that were created; null: all of them, which is the rule and not worth a row each. */
  readonly gtxs: readonly string[] | null;
}

/** The history of a transaction that has just begun: constants, since to build one with a function costs 5 µs a row. */
const FIRST_ATTEMPT = `CASE i.attempt_mode ${Object.values(Mode).map(begunIn).join(' ')} END`;

function begunIn(mode: Mode): string {
  const first: Attempt = { attempt: 1, mode, decision: null, reason: null, decidedAt: null, decidedBy: null };
  return `WHEN '${mode}' THEN '${JSON.stringify([first])}'::jsonb`;
}

/**
 * D1 of a batch: keys, transactions and timeline in one statement. A key that is taken keeps its transaction from being
 * written; so does a gtx that exists. A key is bound to an existing gtx only when the body is the same.
 * Scalar subqueries where a join would do: a join could be planned as one over the whole table. For the same reason `IN … IS TRUE`,
 * which keeps the planner from making it a join: this way it is one hash table.
 * Parameters, one element per transaction: $1 gtx, $2 idempotency key, $3 mode, $4 mode of attempt 1, $5 fallback, $6 state,
 * $7 branches, $8 branch ids, $9 participants (array literals), $10 timeoutMs, $11 driver, $12 traceparent, $13 business key,
 * $14 description, $15 body hash, $16 initiator, $17 ms until the deadline, $18 ms until next_at, $19 the timeline.
 */
const TEXT = `
WITH ledger AS MATERIALIZED (
  SELECT epoch, hold FROM concordat.ledger_state
), item AS MATERIALIZED (
  SELECT i.*
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::json[], $8::text[], $9::text[],
    $10::int[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::float8[], $18::float8[], $19::json[])
    AS i (gtx, key, mode, attempt_mode, fallback, state, branches, branch_ids, participants,
          timeout_ms, driver, traceparent, business_key, description, body_hash, initiator, deadline_in, next_in, entries)
  WHERE NOT (SELECT hold FROM ledger)
), keyed AS (
  INSERT INTO concordat.idempotency_key (key, gtx)
  SELECT i.key, i.gtx FROM item i
  WHERE i.key IS NOT NULL
    AND coalesce((SELECT t.body_hash FROM concordat.transaction t WHERE t.gtx = i.gtx), i.body_hash) = i.body_hash
  ORDER BY i.key
  ON CONFLICT (key) DO NOTHING
  RETURNING key, gtx
), created AS (
  INSERT INTO concordat.transaction
    (gtx, timeout_ms, ledger_epoch, mode, fallback, body_hash, business_key, description, initiator, traceparent,
     branch_ids, participants, branches, driver, deadline, next_at, state, attempts)
  SELECT i.gtx, i.timeout_ms, (SELECT epoch FROM ledger), i.mode, i.fallback, i.body_hash, i.business_key, i.description, i.initiator,
    i.traceparent, i.branch_ids::text[], i.participants::text[], i.branches, i.driver,
    now() + i.deadline_in * interval '1 ms', now() + i.next_in * interval '1 ms', i.state,
    ${FIRST_ATTEMPT}
  FROM item i
  WHERE i.key IS NULL OR (i.key, i.gtx) IN (SELECT k.key, k.gtx FROM keyed k)
  ON CONFLICT (gtx) DO NOTHING
  RETURNING gtx
), noted AS (
  INSERT INTO concordat.event (gtx, version, entries)
  SELECT i.gtx, 1, i.entries FROM item i
  WHERE i.entries IS NOT NULL AND (i.gtx IN (SELECT gtx FROM created)) IS TRUE
)
SELECT ledger.epoch, (extract(epoch FROM now()) * 1000)::float8 AS born_ms,
  CASE WHEN c.count < cardinality($1::uuid[]) THEN coalesce(c.gtxs, '{}') END AS gtxs
FROM ledger, (SELECT count(*), array_agg(gtx) AS gtxs FROM created) c
WHERE NOT ledger.hold`;

/** `batch`: sorted by gtx, each gtx once. */
export function begin(batch: readonly NewTransaction[]): Statement {
  const column = <T>(read: (item: NewTransaction) => T): T[] => batch.map(read);
  return {
    name: 'ledger_begin',
    text: TEXT,
    values: [
      plainArray(column(({ tx }) => tx.gtx)),
      textArray(column(({ idempotencyKey }) => idempotencyKey)),
      plainArray(column(({ tx }) => tx.mode)),
      plainArray(column(({ tx }) => tx.attempts[0]?.mode ?? tx.mode)),
      plainArray(column(({ tx }) => tx.fallback)),
      plainArray(column(({ tx }) => tx.state)),
      jsonArray(column(({ tx }) => tx.branches)),
      nestedArray(column(({ tx }) => tx.branches.map(({ id }) => id))),
      nestedArray(column(({ tx }) => tx.branches.map(({ participant }) => participant))),
      plainArray(column(({ tx }) => tx.timeoutMs)),
      textArray(column(({ driver }) => driver)),
      textArray(column(({ traceparent }) => traceparent)),
      textArray(column(({ businessKey }) => businessKey)),
      textArray(column(({ description }) => description)),
      textArray(column(({ bodyHash }) => bodyHash)),
      textArray(column(({ initiator }) => initiator)),
      plainArray(column(({ deadlineInMs }) => deadlineInMs)),
      plainArray(column(({ nextInMs }) => nextInMs)),
      timelineArray(batch),
    ],
  };
}
