/** The business tables and statements of the transfer workload; the same in everything that is measured. */

export const CREATE_ACCOUNTS = `
  CREATE SCHEMA IF NOT EXISTS bank;
  CREATE TABLE bank.account (
    id      integer NOT NULL,
    balance bigint  NOT NULL,
    pending bigint  NOT NULL DEFAULT 0,
    CONSTRAINT account_pk PRIMARY KEY (id)
  ) WITH (fillfactor = 60)`;

/** $1: how many, $2: balance of each. */
export const FILL_ACCOUNTS = `INSERT INTO bank.account (id, balance) SELECT generate_series(1, $1::int), $2::bigint`;

/** How a batch of transfers changes accounts: one statement, whatever the size of the batch. $1 ids, $2 amounts (signed). */
const change = (set: string, covered: string): string => `
  UPDATE bank.account a SET ${set}
  FROM (SELECT unnest($1::int[]) AS id, unnest($2::bigint[]) AS amount) k
  WHERE a.id = k.id AND a.id = ANY ($1::int[]) ${covered}
  RETURNING a.id`;

const COVERED = 'AND a.balance + a.pending + k.amount >= 0';

export const RESERVE = change('pending = a.pending + k.amount', COVERED);
export const CONFIRM = change('balance = a.balance + k.amount, pending = a.pending - k.amount', '');
export const CANCEL = change('pending = a.pending - k.amount', '');
export const MOVE = change('balance = a.balance + k.amount', COVERED);
export const MOVE_BACK = change('balance = a.balance - k.amount', '');

/** What must hold when everything has ended: nothing pending, and the money that was there. */
export const BALANCES = `SELECT sum(balance)::text AS balance, count(*) FILTER (WHERE pending <> 0)::int AS pending FROM bank.account`;

/** One account's change. */
export interface Change {
  readonly account: number;
  /** Signed; integer cents. */
  readonly amount: number;
}

/** Changes of one account added up, in order of the account: two batches never lock in a circle. */
export function netChanges(changes: readonly Change[]): { ids: number[]; amounts: number[] } {
  const net = new Map<number, number>();
  for (const { account, amount } of changes) net.set(account, (net.get(account) ?? 0) + amount);
  const sorted = [...net].sort(([a], [b]) => a - b);
  return { ids: sorted.map(([id]) => id), amounts: sorted.map(([, amount]) => amount) };
}
