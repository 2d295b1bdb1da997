import { describe, expect, it } from '@jest/globals';
import { ledgerConformance } from '../../conformance/ledger.js';
import { beginNew, decided, stepOf } from '../../conformance/ledger-world.js';
import { LAZY_MS } from '../../ledger/lazy.js';
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

describe('a crash of the twin', () => {
  const world = async () => {
    const [clock, store] = [{ ms: 1_000_000, wallMs: () => clock.ms }, new MemoryLedgerStore()];
    const ledger = new MemoryLedger({ store, clock, instanceId: 'one' });
    const gtxs = ['a', 'b'].map((tail) => `0190a000-0000-7000-8000-00000000000${tail}`);
    await beginNew(ledger, gtxs);
    await ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT'))));
    const end = (gtx: string) => ledger.commitSteps([stepOf(gtx, 2, { state: 'COMMITTED', ended: true })]);
    const states = async () => (await ledger.load(gtxs)).map(({ tx }) => tx.state);
    return { clock, store, ledger, gtxs, end, states };
  };

  it('takes young ends back, and nothing else', async () => {
    const { clock, store, ledger, gtxs, end, states } = await world();
    await end(gtxs[0]!);
    clock.ms += LAZY_MS + 1;
    await end(gtxs[1]!);

    store.crash(clock.ms);

    expect(await states()).toEqual(['COMMITTED', 'COMMITTING']);
    expect([...store.live]).toEqual([gtxs[1]]);
    expect(ledger.sessionsLost).toBe(1);
  });

  it('takes nothing back that a durable write followed', async () => {
    const { clock, store, ledger, gtxs, end, states } = await world();
    await end(gtxs[0]!);
    await beginNew(ledger, ['0190a000-0000-7000-8000-00000000000c']);

    store.crash(clock.ms);

    expect(await states()).toEqual(['COMMITTED', 'COMMITTING']);
  });
});
