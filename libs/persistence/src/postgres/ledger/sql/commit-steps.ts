import type { StepWrite } from '../../../port/ledger.js';
import type { Statement } from '../../run-statement.js';
import { jsonArray, nestedArray, plainArray, textArray } from '../arrays.js';
import { mayBeLazy } from '../../../ledger/lazy.js';
import { timelineArray } from './timeline.js';

/** One statement has one time: all that moved, moved at it. */
export interface MovedRow {
  readonly at_ms: number;
  /** Those whose step was applied; the others are stale. null: all of them, which is the rule and not worth a row each. */
  readonly gtxs: readonly string[] | null;
}

/**
 * The attempts with the cell that is decided; from text, which costs half of what building it with functions does. It is taken out and
 * added at the end: only the current attempt is ever decided, and it is the last one.
 */
const DECIDED = `CASE WHEN s.decision IS NULL THEN t.attempts ELSE (t.attempts - (s.decide_attempt - 1)) || (
        '[{"attempt":' || s.decide_attempt || ',"mode":' || (t.attempts -> (s.decide_attempt - 1) -> 'mode')::text ||
        ',"decision":"' || s.decision || '","reason":' || coalesce(to_json(s.reason)::text, 'null') ||
        ',"decidedAt":"' || (SELECT concordat.iso(now())) || '","decidedBy":' || coalesce(to_json(s.driver)::text, 'null') ||
        '}]')::jsonb END`;

/**
 * D2, D2f, D3, D4 of a batch in one statement. The version is the precondition of each row; a decision also wants the
 * current attempt and its empty cell. A concurrent writer is waited for, then the row is judged anew: 0 rows = stale.
 * Parameters, one element per step: $1 gtx, $2 expected version, $3 state, $4 attempt to decide, $5 decision, $6 its reason,
 * $7 attempt to start, $8 its mode, $9 results, $10 settled (array literals), $11 heuristic, $12 demand, $13 ended,
 * $14 ms until the new deadline, $15 ms until next_at, $16 tries, $17 driver; nulls leave things as they are;
 * $18 the timeline.
 */
const text = (lazily: string): string => `
WITH step AS (
  SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[], $7::int[], $8::text[], $9::json[],
    $10::text[], $11::text[], $12::json[], $13::bool[], $14::float8[], $15::float8[], $16::int[], $17::text[], $18::json[])
    AS s (gtx, expected, state, decide_attempt, decision, reason, next_attempt, next_mode, results,
          settled, heuristic, demand, ended, deadline_in, next_in, tries, driver, entries)
), moved AS (
  UPDATE concordat.transaction t SET
    version = t.version + 1,
    state = s.state,
    tries = s.tries,
    driver = s.driver,
    heuristic = s.heuristic,
    demand = s.demand,
    results = s.results,
    settled = s.settled::text[],
    attempt = coalesce(s.next_attempt, t.attempt),
    decision = CASE WHEN s.next_attempt IS NULL THEN coalesce(s.decision, t.decision) END,
    attempts = CASE
      WHEN s.next_attempt IS NULL THEN ${DECIDED}
      ELSE (${DECIDED}) || jsonb_build_array(jsonb_build_object(
        'attempt', s.next_attempt, 'mode', s.next_mode, 'decision', NULL, 'reason', NULL, 'decidedAt', NULL, 'decidedBy', NULL))
      END,
    deadline = CASE WHEN s.deadline_in IS NULL THEN t.deadline ELSE now() + s.deadline_in * interval '1 ms' END,
    next_at = CASE WHEN s.next_in IS NULL THEN t.next_at ELSE now() + s.next_in * interval '1 ms' END,
    ended_at = CASE WHEN s.ended THEN coalesce(t.ended_at, now()) ELSE t.ended_at END,
    updated_at = now()
  FROM step s
  WHERE t.gtx = s.gtx AND t.version = s.expected
    AND (s.decision IS NULL OR (t.decision IS NULL AND t.attempt = s.decide_attempt))
    AND (s.next_attempt IS NULL OR s.next_attempt = t.attempt + 1)
  RETURNING t.gtx, t.version, s.entries
), noted AS (
  INSERT INTO concordat.event (gtx, version, entries)
  SELECT gtx, version, entries FROM moved WHERE entries IS NOT NULL
)
SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS at_ms,
  CASE WHEN count(*) < cardinality($1::uuid[]) THEN coalesce(array_agg(gtx), '{}') END AS gtxs${lazily}
FROM moved`;

const DURABLY = { name: 'ledger_commit_steps', text: text('') };

/** The same, its commit not waited for: asked for by the statement itself, for its own local transaction. */
const LAZILY = {
  name: 'ledger_end_steps',
  text: text(`,
  (SELECT set_config('synchronous_commit', 'off', true)) AS lazily`),
};

/** Durable results, for the count of what is waited for; an ended transaction waits for nobody. */
const settled = (step: StepWrite): string[] =>
  step.ended ? [] : step.results.map(({ attempt, branch }) => `${attempt}:${branch}`);

/** `batch`: sorted by gtx, each gtx once. */
export function commitSteps(batch: readonly StepWrite[]): Statement {
  const column = <T>(read: (step: StepWrite) => T): T[] => batch.map(read);
  return {
    ...(batch.every(mayBeLazy) ? LAZILY : DURABLY),
    values: [
      plainArray(column(({ gtx }) => gtx)),
      plainArray(column(({ expectedVersion }) => expectedVersion)),
      plainArray(column(({ state }) => state)),
      plainArray(column(({ decide }) => decide?.attempt ?? null)),
      plainArray(column(({ decide }) => decide?.decision ?? null)),
      textArray(column(({ decide }) => decide?.reason ?? null)),
      plainArray(column(({ startAttempt }) => startAttempt?.attempt ?? null)),
      plainArray(column(({ startAttempt }) => startAttempt?.mode ?? null)),
      jsonArray(column(({ results }) => results)),
      nestedArray(column(settled)),
      plainArray(column(({ heuristic }) => heuristic)),
      jsonArray(column(({ demand }) => demand)),
      plainArray(column(({ ended }) => ended)),
      plainArray(column(({ deadlineInMs }) => deadlineInMs)),
      plainArray(column(({ nextInMs }) => nextInMs)),
      plainArray(column(({ tries }) => tries)),
      textArray(column(({ driver }) => driver)),
      timelineArray(batch),
    ],
  };
}
