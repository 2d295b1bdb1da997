import { MemoryBranchStore } from '#persistence';
import type { MemoryLedgerStore, MemoryServer } from '#persistence';
import type { TraceRows } from './collect.js';

/** The in-memory twins of one world: the ledger's store, and one database a participant, named as it is. */
export interface Twins {
  readonly ledgerStore: MemoryLedgerStore;
  readonly server: MemoryServer;
  readonly participants: readonly string[];
}

const PAGE = 1_000;

/** What is durable in the twins now, as plain rows (branches: their latest states). */
export async function tracesOfWorld({ ledgerStore, server, participants }: Twins): Promise<TraceRows> {
  const stores = participants.map(
    (participant) => new MemoryBranchStore({ server, database: participant, participant }),
  );
  const perStore = await Promise.all(stores.map((store, index) => rowsOf(store, participants[index]!)));
  const gids = await Promise.all(stores.map((store) => store.preparedGids()));
  return {
    transactions: [...ledgerStore.rows.values()].map(({ tx }) => ({ gtx: tx.gtx, branches: tx.branches })),
    timeline: [...ledgerStore.timelines].flatMap(([gtx, entries]) =>
      entries.map((entry) => ({ ...entry, gtx })),
    ),
    branches: perStore.flat(),
    gids: gids.flat().map(({ gid }) => gid),
    fences: participants.flatMap((participant) => fencesOf(server, participant)),
  };
}

async function rowsOf(store: MemoryBranchStore, participant: string): Promise<TraceRows['branches']> {
  const rows: TraceRows['branches'][number][] = [];
  for (let cursor: string | null = null; ;) {
    const { items, nextCursor } = await store.listRows({}, { limit: PAGE, cursor });
    rows.push(
      ...items.map(({ gtx, attempt, branch, state }) => ({ participant, gtx, attempt, branch, state })),
    );
    if (nextCursor === null) return rows;
    cursor = nextCursor;
  }
}

function fencesOf(server: MemoryServer, participant: string): TraceRows['fences'] {
  const fences = server.database(participant).values('fence') as {
    readonly gtx: string;
    readonly branch: string;
    readonly maxAttempt: number;
  }[];
  return fences.map(({ gtx, branch, maxAttempt }) => ({ gtx, branch, max_attempt: maxAttempt }));
}
