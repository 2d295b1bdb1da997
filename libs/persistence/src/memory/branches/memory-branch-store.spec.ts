import { branchStoreConformance } from '../../conformance/branch-store.js';
import type { BranchStoreWorld, OpenOptions } from '../../conformance/branch-store-world.js';
import { MemoryBranchStore } from './branch-store.js';
import { MemoryClient, readBusiness } from './business-client.js';
import type { MemoryStatement } from './local-transaction.js';
import { MemoryServer } from './server.js';
import { StandingClock } from './standing-clock.fixture.js';

const clientOf = (client: unknown): MemoryClient => {
  if (client instanceof MemoryClient) return client;
  throw new TypeError('not the client of a memory store');
};

function makeWorld({ slots = 64 }: { slots?: number } = {}): BranchStoreWorld {
  const clock = new StandingClock();
  const server = new MemoryServer({ clock, maxPreparedTransactions: slots });
  const foreign: string[] = [];
  return {
    open: ({ participant = 'payments', database = 'one', patient = false }: OpenOptions = {}) =>
      new MemoryBranchStore({ server, database, participant, lockTimeoutMs: patient ? 1_000 : 0 }),
    crash: async (store) => {
      if (store instanceof MemoryBranchStore) store.crash();
    },
    crashServer: async () => {
      server.crash();
      server.start();
    },
    untilWaiting: async (count) => {
      while (server.database('one').locks.waiting < count) await Promise.resolve();
    },
    put: (client, key, value) => clientOf(client).put(key, value),
    get: async (client, key) => ((await clientOf(client).get(key)) ?? null) as string | null,
    failStatement: (client) => clientOf(client).failStatement('syntax error'),
    writing: (key, value): MemoryStatement => ({
      run: async (client) => {
        await client.put(key, value);
        return [{ key }];
      },
    }),
    reading: (key): MemoryStatement => ({
      run: async (client) => {
        await client.get(key);
        return [{ key }];
      },
    }),
    failing: (): MemoryStatement => ({ run: (client) => client.failStatement('syntax error') }),
    read: async (key, database = 'one') =>
      (readBusiness(server.database(database), key) ?? null) as string | null,
    prepareForeign: async (gid) => {
      server.prepare(gid, server.database('one').begin(0));
      foreign.push(gid);
    },
    foreignGids: async () =>
      server
        .preparedIn(server.database('one'))
        .map(({ gid }) => gid)
        .filter((gid) => foreign.includes(gid)),
    age: async (byMs) => clock.pass(byMs),
    close: async () => undefined,
  };
}

branchStoreConformance('memory', async (options) => makeWorld(options));
