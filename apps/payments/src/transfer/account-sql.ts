import type { ClientBase } from 'pg';
import type { TransferPayload } from './transfer-payload.js';

/** The ways in which branches change an account, each one statement; every change leaves its entry in the journal. */
interface Way {
  readonly name: string;
  readonly sign: '-' | '+';
  /** Precondition beyond the account's existence; a compensation has none: it must not be refused. */
  readonly unless: string;
}

const way = ({ name, sign, unless }: Way): { name: string; text: string } => ({
  name: `payments.${name}`,
  text: `
WITH changed AS (
  UPDATE payments.account SET balance = balance ${sign} $2::bigint WHERE id = $1 AND NOT (${unless}) RETURNING id
), journal AS (
  INSERT INTO payments.entry (account, amount, gtx, branch, order_id)
  SELECT id, ${sign} $2::bigint, $3::uuid, $4, $5 FROM changed
)
SELECT EXISTS (SELECT FROM changed) AS changed, EXISTS (SELECT FROM payments.account WHERE id = $1) AS known`,
});

/** Balances stay exact in JSON numbers. */
const MAX_BALANCE = Number.MAX_SAFE_INTEGER;
const debit = { sign: '-', unless: 'balance - held < $2::bigint' } as const;
const credit = { sign: '+', unless: `balance + $2::bigint > ${MAX_BALANCE}` } as const;

const WAYS = {
  debit: way({ name: 'debit', ...debit }),
  credit: way({ name: 'credit', ...credit }),
  undoDebit: way({ name: 'undo-debit', sign: '+', unless: 'false' }),
  undoCredit: way({ name: 'undo-credit', sign: '-', unless: 'false' }),
} as const;
export type AccountChange = keyof typeof WAYS;

export interface Transfer {
  readonly gtx: string;
  readonly branch: string;
  readonly payload: TransferPayload;
}

/** Changes the account; tells why not where it could not. */
export async function changeAccount(
  client: ClientBase,
  change: AccountChange,
  { gtx, branch, payload }: Transfer,
): Promise<'changed' | 'unknown' | 'not covered'> {
  const { account, amount, orderId } = payload;
  const { rows } = await client.query<{ changed: boolean; known: boolean }>({
    ...WAYS[change],
    values: [account, amount, gtx, branch, orderId],
  });
  const { changed, known } = rows[0]!;
  if (changed) return 'changed';
  return known ? 'not covered' : 'unknown';
}
