/**
 * As much of PostgreSQL as one branch of a participant sees: row locks, private writes, two-phase commit. A value, never changed
 * in place; `apply` says what a statement of one session leads to. `database.spec.ts` plays it against the in-memory twin of the
 * store, which passes the same conformance suite as PostgreSQL itself.
 *
 * A lock held by another fails at once (55P03): a wait that ends well is the same statement a little later.
 */
import type { StoreErrorCode } from '#persistence';
import type { Defect } from './defects.js';

/** A branch row without its key. */
export interface Row {
  readonly style: 'xa' | 'tcc' | 'saga';
  readonly state: string;
  readonly operation: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** How often each handler had its effect: the business row of this branch. */
export interface Effects {
  readonly worked: number;
  readonly confirmed: number;
  readonly cancelled: number;
  readonly acted: number;
  readonly compensated: number;
}
export type Handler = keyof Effects;

/** What one open or prepared transaction wrote and locked. Index of `rows`: attempt − 1; undefined: not written. */
export interface Tx {
  readonly rows: readonly (Row | null)[];
  readonly fence: number | null;
  readonly effects: Partial<Effects>;
  readonly locks: readonly string[];
  readonly aborted: boolean;
}

export interface Db {
  readonly rows: readonly (Row | null)[];
  readonly fence: number;
  readonly effects: Effects;
  /** By attempt − 1: what PREPARE TRANSACTION left. */
  readonly prepared: readonly (Tx | null)[];
  /** By session: its open transaction, once it wrote or locked something. */
  readonly sessions: readonly (Tx | null)[];
}

export interface Move {
  readonly attempt: number;
  readonly from: readonly string[];
  readonly to: string;
  readonly error: Row['error'] | undefined;
}

/** One statement. `insert`, `accept` and `record` carry the row; `handle` is all the SQL of one business handler. */
export type Verb = AttemptVerb | WriteVerb | HandleVerb | { readonly do: 'commit' | 'rollback' };

interface AttemptVerb {
  readonly do: 'lookRows' | 'lookGids' | 'prepare' | 'commitPrepared' | 'rollbackPrepared';
  readonly attempt: number;
}
type WriteVerb =
  | { readonly do: 'fence'; readonly attempt: number }
  | { readonly do: 'insert' | 'accept' | 'record'; readonly attempt: number; readonly row: Row }
  | { readonly do: 'move'; readonly moves: readonly Move[] };
interface HandleVerb {
  readonly do: 'handle';
  readonly what: Handler;
  readonly savepoint: boolean;
}

/** What the session hears: a plain value, or a fault of the store. */
export type Result =
  { readonly ok: unknown } | { readonly fail: StoreErrorCode; readonly sqlState: string | null };

export interface Outcome {
  readonly result: Result;
  readonly db: Db;
}

/** How a business handler may answer beside doing its work. */
export type Answer = 'refuse' | 'readOnly' | 'fault';

export const ATTEMPTS = 2;

export function emptyDb(sessions: number): Db {
  return {
    rows: [null, null],
    fence: 0,
    effects: { worked: 0, confirmed: 0, cancelled: 0, acted: 0, compensated: 0 },
    prepared: [null, null],
    sessions: Array.from({ length: sessions }, () => null),
  };
}

const NEW_TX: Tx = { rows: [null, null], fence: null, effects: {}, locks: [], aborted: false };
const LOCK_TIMEOUT: Result = { fail: 'LOCK_TIMEOUT', sqlState: '55P03' };

/** Every way one statement of `session` may end; more than one only where a business handler chooses. */
export function apply(
  db: Db,
  session: number,
  verb: Verb,
  answers: Partial<Record<Handler, readonly Answer[]>> = {},
  defect: Defect | null = null,
): readonly Outcome[] {
  const tx = db.sessions[session] ?? NEW_TX;
  const left = (next: Tx | null, result: Result): Outcome => ({ result, db: withSession(db, session, next) });
  switch (verb.do) {
    case 'lookRows':
      return [{ db, result: { ok: { fence: db.fence, rows: db.rows } } }];
    case 'lookGids':
      return [{ db, result: { ok: db.prepared[verb.attempt - 1] !== null } }];
    case 'handle':
      return handle(db, session, tx, verb, answers[verb.what] ?? []);
    case 'commitPrepared':
    case 'rollbackPrepared':
      return [finish(db, verb.do, verb.attempt, defect)];
    case 'prepare':
      return prepare(db, session, tx, verb.attempt, defect);
    case 'commit':
      if (tx.aborted) return [left(null, { fail: 'ABORTED', sqlState: null })];
      return [{ db: withSession(written(db, tx), session, null), result: { ok: null } }];
    case 'rollback':
      return [left(null, { ok: null })];
    default:
      return [write(db, session, tx, verb, defect)];
  }
}

/** A process died: its open transaction is gone. */
export function crash(db: Db, session: number): Db {
  return db.sessions[session] === null ? db : withSession(db, session, null);
}

function write(db: Db, session: number, tx: Tx, verb: WriteVerb, defect: Defect | null): Outcome {
  const statement = new Statement(db, session, tx);
  const result = tx.aborted
    ? ({ fail: 'OTHER', sqlState: '25P02' } as const)
    : runStatement(statement, verb, defect);
  // A statement that fails keeps the locks it took: they go with the rollback that follows.
  const next = 'fail' in result ? { ...tx, locks: statement.tx.locks, aborted: true } : statement.tx;
  return { db: withSession(db, session, next), result };
}

function runStatement(statement: Statement, verb: WriteVerb, defect: Defect | null): Result {
  switch (verb.do) {
    case 'fence':
      if (defect === 'fence-tested-once') return { ok: true };
      return statement.raise(verb.attempt);
    case 'insert':
      return insert(statement, verb.attempt, verb.row, defect);
    case 'accept':
      return accept(statement, verb.attempt, verb.row, defect);
    case 'record':
      return record(statement, verb.attempt, verb.row, defect);
    case 'move':
      return move(statement, verb.moves, defect);
  }
}

function insert(statement: Statement, attempt: number, row: Row, defect: Defect | null): Result {
  if (unplanted(row, defect)) return { ok: null };
  const put = statement.insert(attempt, row);
  if ('fail' in put) return put;
  if (put.ok === true) return { ok: null };
  return defect === 'duplicate-row-ignored' ? { ok: null } : { fail: 'DUPLICATE', sqlState: '23505' };
}

function accept(statement: Statement, attempt: number, row: Row, defect: Defect | null): Result {
  if (unplanted(row, defect)) return { ok: 'fresh' };
  if (!(defect === 'action-raises-no-fence' && row.style === 'saga')) {
    const raised = statement.raise(attempt);
    if ('fail' in raised) return raised;
    if (raised.ok !== true) return { ok: 'fenced' };
  }
  const put = statement.insert(attempt, row);
  if ('fail' in put) return put;
  return { ok: put.ok === true ? 'fresh' : 'duplicate' };
}

/** READ_ONLY where the transaction has locked, and so written, nothing before. */
function record(statement: Statement, attempt: number, work: Row, defect: Defect | null): Result {
  const row = statement.tx.locks.length === 0 ? { ...work, state: 'READ_ONLY' } : work;
  if (defect !== 'fence-tested-once') {
    const raised = statement.raise(attempt);
    if ('fail' in raised) return raised;
    if (raised.ok !== true) return { ok: 'fenced' };
  }
  const put = insert(statement, attempt, row, defect);
  return 'fail' in put ? put : { ok: row.state };
}

/** A tombstone that a broken rule does not write. */
function unplanted(row: Row, defect: Defect | null): boolean {
  if (defect === 'no-abort-tombstone') return row.state === 'ABORTED';
  if (defect === 'no-planted-action-key') return row.state === 'NULL_COMPENSATED';
  return defect === 'unknown-branch-committed' && row.state === 'LOST';
}

function move(statement: Statement, moves: readonly Move[], defect: Defect | null): Result {
  const answers: { moved: boolean; row: Row | null }[] = [];
  for (const one of moves) {
    const forgotten = defect === 'action-cancels-nothing' && one.to === 'ABORTED';
    const moved: Result = forgotten ? { ok: false } : statement.move(one);
    if ('fail' in moved) return moved;
    answers.push({ moved: moved.ok === true, row: forgotten ? null : statement.row(one.attempt) });
  }
  return { ok: answers };
}

/** One writing statement: locks as it goes, collects into `tx`. */
class Statement {
  constructor(
    private readonly db: Db,
    private readonly session: number,
    public tx: Tx,
  ) {}

  row(attempt: number): Row | null {
    return this.tx.rows[attempt - 1] ?? this.db.rows[attempt - 1] ?? null;
  }

  fencedAbove(attempt: number): boolean {
    return (this.tx.fence ?? this.db.fence) > attempt;
  }

  raise(attempt: number): Result {
    if (!this.lock('F')) return LOCK_TIMEOUT;
    if (this.fencedAbove(attempt)) return { ok: false };
    this.tx = { ...this.tx, fence: attempt };
    return { ok: true };
  }

  insert(attempt: number, row: Row): Result {
    if (this.row(attempt)) return { ok: false };
    if (!this.lock(`R${attempt}`)) return LOCK_TIMEOUT;
    this.put(attempt, row);
    return { ok: true };
  }

  move({ attempt, from, to, error }: Move): Result {
    const row = this.row(attempt);
    if (!row || !from.includes(row.state)) return { ok: false };
    if (!this.lock(`R${attempt}`)) return LOCK_TIMEOUT;
    this.put(attempt, { ...row, state: to, ...(error === undefined ? {} : { error }) });
    return { ok: true };
  }

  private put(attempt: number, row: Row): void {
    this.tx = { ...this.tx, rows: this.tx.rows.map((old, index) => (index === attempt - 1 ? row : old)) };
  }

  private lock(key: string): boolean {
    const locked = lock(this.db, this.session, this.tx, key);
    if (locked) this.tx = locked;
    return locked !== null;
  }
}

/** null: another session, or a prepared transaction, holds it. */
function lock(db: Db, session: number, tx: Tx, key: string): Tx | null {
  if (tx.locks.includes(key)) return tx;
  const others = [...db.prepared, ...db.sessions.filter((_, index) => index !== session)];
  if (others.some((other) => other?.locks.includes(key))) return null;
  return { ...tx, locks: [...tx.locks, key].sort() };
}

function handle(
  db: Db,
  session: number,
  tx: Tx,
  verb: HandleVerb,
  answers: readonly Answer[],
): readonly Outcome[] {
  const failed = verb.savepoint ? tx : { ...tx, aborted: true };
  if (tx.aborted) return [{ db, result: { fail: 'OTHER', sqlState: '25P02' } }];
  const left = (next: Tx, result: Result): Outcome => ({ db: withSession(db, session, next), result });
  const locked = lock(db, session, tx, 'K');
  const others = answers.map((answer) =>
    answer === 'fault' ? left(failed, { fail: 'DEADLOCK', sqlState: '40P01' }) : left(tx, { ok: answer }),
  );
  if (!locked) return [left(failed, LOCK_TIMEOUT), ...others];
  const effects = { ...locked.effects, [verb.what]: (locked.effects[verb.what] ?? 0) + 1 };
  return [left({ ...locked, effects }, { ok: 'ok' }), ...others];
}

/** An open transaction may be dead without its client knowing: the tag says ROLLBACK then. */
function prepare(
  db: Db,
  session: number,
  tx: Tx,
  attempt: number,
  defect: Defect | null,
): readonly Outcome[] {
  const ended = withSession(db, session, null);
  if (tx.aborted) return [{ db: ended, result: { fail: 'ABORTED', sqlState: null } }];
  if (db.prepared[attempt - 1]) return [{ db: ended, result: { fail: 'DUPLICATE', sqlState: '42710' } }];
  const prepared = db.prepared.map((old, index) => (index === attempt - 1 ? tx : old));
  const unread: Outcome[] = defect === 'prepare-tag-unread' ? [{ db: ended, result: { ok: null } }] : [];
  return [{ db: { ...ended, prepared }, result: { ok: null } }, ...unread];
}

function finish(
  db: Db,
  how: 'commitPrepared' | 'rollbackPrepared',
  attempt: number,
  defect: Defect | null,
): Outcome {
  const tx = db.prepared[attempt - 1];
  if (!tx || (defect === 'action-cancels-nothing' && how === 'rollbackPrepared'))
    return { db, result: { ok: 'absent' } };
  const without = { ...db, prepared: db.prepared.map((old, index) => (index === attempt - 1 ? null : old)) };
  return { db: how === 'commitPrepared' ? written(without, tx) : without, result: { ok: 'done' } };
}

/** The writes of a transaction as everybody sees them. */
function written(db: Db, tx: Tx): Db {
  const rows = db.rows.map((old, index) => tx.rows[index] ?? old);
  const effects = Object.fromEntries(
    Object.entries(db.effects).map(([what, count]) => [what, count + (tx.effects[what as Handler] ?? 0)]),
  ) as unknown as Effects;
  return { ...db, rows, fence: tx.fence ?? db.fence, effects };
}

function withSession(db: Db, session: number, tx: Tx | null): Db {
  const kept = tx === NEW_TX ? null : tx;
  return { ...db, sessions: db.sessions.map((old, index) => (index === session ? kept : old)) };
}
