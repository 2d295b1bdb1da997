import type { NamedStatement } from '#participant';

/**
 * Moves of `confirmation`, each one statement for any number of branches. A move happens only from the state it names, and
 * only where the branch belongs to the order's own transaction. Rows are locked in order of their id.
 */
interface Move {
  readonly name: string;
  readonly from: 'none' | 'held' | 'confirmed';
  readonly to: 'none' | 'held' | 'confirmed';
  /** New work is only taken for an order that is still open. */
  readonly onlyPending: boolean;
}

const move = ({ name, from, to, onlyPending }: Move): { name: string; text: string } => ({
  name: `orders.${name}`,
  text: `
WITH locked AS MATERIALIZED (
  SELECT id, confirmation FROM orders.customer_order
  JOIN unnest($1::uuid[], $2::uuid[]) AS branch (order_id, gtx) ON id = order_id AND transaction_id = gtx
  ${onlyPending ? `WHERE status = 'PENDING'` : ''}
  ORDER BY id FOR UPDATE OF customer_order
)
UPDATE orders.customer_order SET confirmation = '${to}'
FROM locked WHERE customer_order.id = locked.id AND locked.confirmation = '${from}'
RETURNING customer_order.id`,
});

const MOVES = {
  hold: move({ name: 'hold', from: 'none', to: 'held', onlyPending: true }),
  confirm: move({ name: 'confirm', from: 'held', to: 'confirmed', onlyPending: false }),
  release: move({ name: 'release', from: 'held', to: 'none', onlyPending: false }),
  record: move({ name: 'record', from: 'none', to: 'confirmed', onlyPending: true }),
  withdraw: move({ name: 'withdraw', from: 'confirmed', to: 'none', onlyPending: false }),
} as const;
export type ConfirmationMove = keyof typeof MOVES;

/** A branch of the operation `confirm`; `orderId` is a UUID. */
export interface Confirmation {
  readonly orderId: string;
  readonly gtx: string;
}

/** Moves what can be moved; returns the ids of those orders. */
export function movingConfirmations(
  to: ConfirmationMove,
  confirmations: readonly Confirmation[],
): NamedStatement {
  const values = [confirmations.map(({ orderId }) => orderId), confirmations.map(({ gtx }) => gtx)];
  return { ...MOVES[to], values };
}
