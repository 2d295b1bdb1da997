import { outboxStoreConformance } from '../../conformance/outbox-store.js';
import { MemoryBranchStore } from '../branches/branch-store.js';
import { MemoryServer } from '../branches/server.js';
import { StandingClock } from '../branches/standing-clock.fixture.js';
import { MemoryOutboxStore } from './outbox-store.js';

outboxStoreConformance('memory', async () => {
  const clock = new StandingClock();
  const server = new MemoryServer({ clock });
  const callers = new MemoryBranchStore({ server, database: 'orders', participant: 'orders' });
  const database = server.database('orders');
  return {
    clear: async () => {
      for (const table of ['outbox', 'outbox-delivered']) {
        const entries = database.values(table) as { gtx: string }[];
        database.apply(new Map(entries.map(({ gtx }) => [`${table}|${gtx}`, undefined])));
      }
    },
    open: () => new MemoryOutboxStore({ server, database: 'orders' }),
    begin: async () => {
      const tx = await callers.begin();
      return { connection: tx.client, commit: () => tx.commit(), rollback: () => tx.rollback() };
    },
    age: async (byMs) => clock.pass(byMs),
    close: async () => undefined,
  };
});
