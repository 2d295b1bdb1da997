import pg from 'pg';

import { expectThat } from '../demo-error.js';
import { euros, teaOrder, type Shop } from '../shop.js';
import type { Terminal } from '../terminal.js';
import type { World } from '../world.js';

/** Somebody else's open transaction on alice's account, until the function returned is called. */
async function lockAccount(world: World): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: world.cluster.databaseUrl('payments') });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`SELECT FROM payments.account WHERE id = 'alice' FOR UPDATE`);
  return () => client.end();
}

/** What cannot be prepared is tried again as a saga, under the same transaction id. */
export async function fallback(terminal: Terminal, world: World, shop: Shop): Promise<void> {
  await terminal.act(
    'A fallback',
    "Somebody holds a lock on alice's account, so payments cannot prepare in time. The order allows a fallback:",
    'attempt 1 (2pc) is aborted and attempt 2 (a saga) begins in the same write, under the same id.',
  );
  const before = await shop.goods();
  const unlock = await lockAccount(world);
  const { orderId, transactionId } = await shop.place(teaOrder(3, { fallback: 'saga' }));
  const secondAttempt = shop.transaction(
    'coordinator-1',
    transactionId,
    'is at attempt 2',
    ({ attempt }) => attempt === 2,
  );
  await terminal.progress(
    'payments waits for the lock, gives up, the saga begins',
    secondAttempt.finally(unlock),
  );
  terminal.say('the lock is gone');
  const order = await terminal.progress('the saga goes on', shop.settled(orderId));
  terminal.table(await shop.timelineTable('coordinator-1', transactionId));
  const after = await shop.goods();
  terminal.say('');
  terminal.say(
    `order ${order.status}; teas ${before.teas} → ${after.teas}; alice ${euros(before.cents)} → ${euros(after.cents)}`,
  );
  expectThat(order.status === 'CONFIRMED', 'the order to be CONFIRMED', order);
  expectThat(
    after.teas === before.teas - 3 && after.cents === before.cents - 1350,
    'three teas, 13.50',
    after,
  );
}
