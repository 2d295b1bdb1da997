import { parseGid } from '#protocol';
import type { MemoryLedgerStore, ServerWatcher } from '#persistence';
import { branchEvent } from './collect.js';
import type { BranchTraceRow } from './collect.js';
import type { DurableEvent, TransactionHistory } from './history.js';

type Row = BranchTraceRow;

interface Fence {
  readonly gtx: string;
  readonly branch: string;
  readonly maxAttempt: number;
}

/**
 * Writes down every durable event of the in-memory twins in the order in which it happened: whole histories, in which nothing may
 * have happened unseen. Give `recorder.watcher` to the `MemoryServer` and call `attach` on the ledger's store before anything runs.
 */
export class TraceRecorder {
  private readonly events = new Map<string, DurableEvent[]>();
  private store: MemoryLedgerStore | null = null;

  readonly watcher: ServerWatcher = {
    applied: (database, writes) => {
      for (const [key, fence] of writes)
        if (key.startsWith('fence|') && fence) this.fence(database, fence as Fence);
      // What was written at once happened at once: earlier attempts ended, then the later one began (R3).
      const rows = [...writes].flatMap(([key, row]) =>
        key.startsWith('branch|') && row ? [row as Row] : [],
      );
      for (const row of rows.sort((a, b) => a.attempt - b.attempt)) this.row(database, row);
    },
    prepared: (gid) => this.gid(gid, 'PREPARED'),
    rolledBack: (gid) => this.gid(gid, 'ROLLED_BACK'),
  };

  attach(store: MemoryLedgerStore): void {
    this.store = store;
    store.onNote = (gtx, entries) => {
      for (const fact of entries) this.add(gtx, { from: 'coordinator', fact });
    };
  }

  private row(participant: string, { gtx, attempt, branch, state }: BranchTraceRow): void {
    const event = branchEvent({ participant, gtx, attempt, branch, state });
    const last = this.events.get(gtx)?.findLast((one) => isOf(one, attempt, branch));
    // FORGET and added outputs rewrite a row without moving it.
    if (last?.from !== 'branch' || last.state !== state) this.add(gtx, event);
  }

  /** A fence is the tombstone of every earlier attempt that left nothing: its PREPARE is refused for ever. */
  private fence(participant: string, { gtx, branch, maxAttempt }: Fence): void {
    for (let attempt = 1; attempt < maxAttempt; attempt += 1) {
      const seen = this.events.get(gtx)?.some((one) => isOf(one, attempt, branch));
      if (!seen) this.row(participant, { participant, gtx, attempt, branch, state: 'ABORTED' });
    }
  }

  private gid(text: string, state: string): void {
    const gid = parseGid(text);
    if (gid) this.add(gid.gtx, branchEvent({ ...gid, state }));
  }

  private add(gtx: string, event: DurableEvent): void {
    const events = this.events.get(gtx);
    if (events) events.push(event);
    else this.events.set(gtx, [event]);
  }

  /** What is still durable of a ledger that was restored to an older image counts; what was lost with it does not. */
  historyOf(gtx: string): TransactionHistory {
    const kept = new Set<unknown>(this.store?.timelines.get(gtx));
    const events = (this.events.get(gtx) ?? []).filter(
      (event) => event.from === 'branch' || kept.has(event.fact),
    );
    const plan = this.store?.rows.get(gtx)?.tx.branches ?? [];
    return { gtx, plan, lanes: [events], history: 'whole', fences: null };
  }

  /** Of every transaction that is still recorded. */
  histories(): readonly TransactionHistory[] {
    return [...this.events.keys()].map((gtx) => this.historyOf(gtx));
  }

  /** Long simulations drop what they have validated. */
  forget(gtx: string): void {
    this.events.delete(gtx);
  }
}

const isOf = (event: DurableEvent, attempt: number, branch: string): boolean =>
  event.from === 'branch' && event.attempt === attempt && event.branch === branch;
