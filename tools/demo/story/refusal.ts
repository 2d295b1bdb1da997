import { expectThat } from '../demo-error.js';
import { euros, teaOrder, type Shop } from '../shop.js';
import type { Terminal } from '../terminal.js';

/** One branch says no: nothing happens anywhere. */
export async function refusal(terminal: Terminal, shop: Shop): Promise<void> {
  await terminal.act(
    'A refusal',
    'alice orders 60 teas for 270.00, which she does not have. A business refusal is final: no fallback.',
  );
  const before = await shop.goods();
  const { orderId, transactionId } = await shop.place(teaOrder(60, { fallback: 'saga' }));
  const order = await terminal.progress('the order is placed and decided', shop.settled(orderId));
  terminal.table(await shop.timelineTable('coordinator-1', transactionId));
  const after = await shop.goods();
  terminal.say('');
  terminal.say(
    `order ${order.status} (${order.reason}); still ${after.teas} teas, alice still has ${euros(after.cents)}`,
  );
  expectThat(order.reason === 'INSUFFICIENT_FUNDS', 'the order to be REJECTED for INSUFFICIENT_FUNDS', order);
  expectThat(after.teas === before.teas && after.cents === before.cents, 'nothing to have moved', after);
}
