import type { Attempt, BranchResult, CompensationDemand, Fallback, Heuristic, Mode, PlannedBranch, TransactionState } from '#protocol'; // prettier-ignore

/** Milliseconds since 1970 of a stored time: an exact number, whatever time zone or date style the session has. */
const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::float8`;

/** Milliseconds from now until `column` by the database clock. */
const msUntil = (column: string): string => `(extract(epoch FROM ${column} - now()) * 1000)::float8`;

/** The select list that {@link TransactionRow} describes; `t` is concordat.transaction. */
export const TRANSACTION_COLUMNS = `
  t.gtx, t.mode, t.fallback, t.state, t.attempt, t.attempts, t.branches, t.results, t.heuristic, t.demand, t.version,
  t.ledger_epoch, t.timeout_ms, t.driver, t.tries, t.business_key, t.description, t.body_hash, t.tombstone, t.initiator,
  t.traceparent, ${ms('t.created_at')} AS created_ms, ${ms('t.updated_at')} AS updated_ms, ${ms('t.ended_at')} AS ended_ms,
  ${ms('t.deadline')} AS deadline_ms, ${msUntil('t.deadline')} AS deadline_left_ms, -${msUntil('t.created_at')} AS age_ms`;

/** As pg hands it over: json and jsonb parsed, times as numbers. */
export interface TransactionRow {
  readonly gtx: string;
  readonly mode: Mode;
  readonly fallback: Fallback;
  readonly state: TransactionState;
  readonly attempt: number;
  readonly attempts: readonly Attempt[];
  readonly branches: readonly PlannedBranch[];
  readonly results: readonly BranchResult[];
  readonly heuristic: Heuristic;
  readonly demand: CompensationDemand | null;
  readonly version: number;
  readonly ledger_epoch: number;
  readonly timeout_ms: number;
  readonly driver: string | null;
  readonly tries: number;
  readonly business_key: string | null;
  readonly description: string | null;
  readonly body_hash: string | null;
  readonly tombstone: boolean;
  readonly initiator: string | null;
  readonly traceparent: string | null;
  readonly created_ms: number;
  readonly updated_ms: number;
  readonly ended_ms: number | null;
  readonly deadline_ms: number;
  readonly deadline_left_ms: number;
  readonly age_ms: number;
}
