import { ledgerConformance } from '../../conformance/ledger.js';
import type { Ledger } from '../../port/ledger.js';
import { MemoryLedger } from './memory-ledger.js';
import { MemoryLedgerAdmin } from './memory-ledger-admin.js';
import { MemoryLedgerStore } from './store.js';

ledgerConformance('memory', async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const clock = { wallMs: () => nowMs };
  const store = new MemoryLedgerStore();
  const empty = store.image();
  return {
    open: (instanceId): Ledger => new MemoryLedger({ store, clock, instanceId }),
    admin: new MemoryLedgerAdmin(store, clock),
    nowMs: () => nowMs,
    age: async (ms) => {
      nowMs += ms;
    },
    statements: () => null,
    reset: async () => store.restore(empty),
    close: async () => undefined,
  };
});
