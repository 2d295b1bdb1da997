import type { Shop } from '../../../crash/support/shop.js';
import type { ChaosSite } from './site.js';

const SHOWN = 5;

/** What is still open, in the words of every database: for the message of a scenario that does not settle. */
export async function stillOpen(site: ChaosSite, shop: Shop): Promise<string> {
  const pending = shop.journal.filter(({ status }) => status === 'PENDING');
  const gtxs = pending.slice(0, SHOWN).map(({ transactionId }) => transactionId);
  const [transactions, orders, outbox, branches] = await Promise.all([
    site.query(
      'coordinator',
      `SELECT gtx, state, attempt, attempts, driver, tries, next_at - now() AS next_in, ended_at FROM concordat.transaction
       WHERE gtx = ANY($1) OR ended_at IS NULL LIMIT 10`,
      [gtxs],
    ),
    site.query('orders', 'SELECT * FROM orders.customer_order WHERE transaction_id = ANY($1)', [gtxs]),
    site.query('orders', 'SELECT * FROM concordat.outbox WHERE gtx = ANY($1)', [gtxs]),
    site.query('payments', 'SELECT gtx, branch, attempt, state FROM concordat.branch WHERE gtx = ANY($1)', [
      gtxs,
    ]),
  ]);
  return JSON.stringify({ pending: pending.length, transactions, orders, outbox, branches }, null, 1);
}
