import { expectThat } from '../demo-error.js';
import { euros, teaOrder, type Shop } from '../shop.js';
import type { Terminal } from '../terminal.js';

/** Three databases, one outcome: committed. */
export async function commit(terminal: Terminal, shop: Shop): Promise<void> {
  await terminal.act(
    'A commit',
    'alice orders 2 teas at 4.50. Stock, money and order lie in three databases; two-phase commit moves all or none.',
  );
  const before = await shop.goods();
  const { orderId, transactionId } = await shop.place(teaOrder(2));
  const order = await terminal.progress('the order is placed and decided', shop.settled(orderId));
  terminal.table(await shop.timelineTable('coordinator-1', transactionId));
  const after = await shop.goods();
  terminal.say('');
  terminal.say(
    `order ${order.status}; teas ${before.teas} → ${after.teas}; alice ${euros(before.cents)} → ${euros(after.cents)}`,
  );
  expectThat(order.status === 'CONFIRMED', 'the order to be CONFIRMED', order);
  expectThat(after.teas === before.teas - 2, 'two teas less', after);
  expectThat(after.cents === before.cents - 900, '9.00 less', after);
}
