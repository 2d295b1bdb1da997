import { expectThat } from '../demo-error.js';
import { euros, type Shop } from '../shop.js';
import type { Terminal } from '../terminal.js';
import type { World } from '../world.js';

const request = {
  businessKey: 'demo-crash',
  branches: [
    {
      id: 'stock',
      participant: 'inventory',
      operation: 'reserve',
      payload: { orderId: 'demo-crash', lines: [{ sku: 'tea', quantity: 1 }] },
    },
    {
      id: 'payment',
      participant: 'payments',
      operation: 'charge',
      payload: { account: 'alice', amount: 450, orderId: 'demo-crash' },
    },
  ],
};

/** kill -9 at the worst moment: all branches prepared, nothing decided. */
export async function crash(terminal: Terminal, world: World, shop: Shop): Promise<void> {
  await terminal.act(
    'A crash between votes and decision',
    'coordinator-1 is armed to kill itself (SIGKILL) when all votes are in and before it writes the decision.',
    'Stock and money are then prepared, locked and in doubt; somebody else must finish.',
  );
  const armed = world.cluster.restart('coordinator-1', { CONCORDAT_FAULT_POINT: 'C4:kill' });
  await terminal.progress('arming coordinator-1', armed);
  const before = await shop.goods();
  const { id } = await shop.begin('coordinator-1', request);
  terminal.say(`transaction ${id} is accepted by coordinator-1`);
  const { signal } = await terminal.progress(
    'coordinator-1 collects the votes and dies',
    world.cluster.app('coordinator-1').exited,
  );
  const killedAt = performance.now();
  expectThat(signal === 'SIGKILL', 'coordinator-1 to be killed', signal);
  await showPrepared(terminal, shop);
  const ended = shop.transaction('coordinator-2', id, 'has ended', ({ endedAt }) => endedAt !== null);
  const transaction = await terminal.progress(
    'coordinator-2 and watchdog-1 are alive: the transaction ends',
    ended,
  );
  const tookMs = performance.now() - killedAt;
  terminal.table(await shop.timelineTable('coordinator-2', id));
  const after = await shop.goods();
  terminal.say('');
  terminal.say(
    `${transaction.outcome} ${(tookMs / 1_000).toFixed(1)} s after the kill; teas ${before.teas} → ${after.teas}; alice ${euros(before.cents)} → ${euros(after.cents)}`,
  );
  expectThat(transaction.outcome === 'committed', 'the transaction to be committed', transaction);
  expectThat(after.teas === before.teas - 1 && after.cents === before.cents - 450, 'one tea, 4.50', after);
  await terminal.progress('coordinator-1 starts again', world.cluster.restart('coordinator-1'));
}

/** What the participants hold while nobody drives. */
async function showPrepared(terminal: Terminal, shop: Shop): Promise<void> {
  for (const service of ['inventory-1', 'payments-1']) {
    const held = await shop.held(service);
    terminal.say(`${service} holds ${held.length} prepared: ${held.join(', ')}`);
  }
}
