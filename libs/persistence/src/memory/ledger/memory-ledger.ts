import type { Clock } from '#observability';
import type {
  BeginOutcome,
  ClaimOptions,
  CollectedTransaction,
  HeartbeatView,
  InstanceBeat,
  Ledger,
  LedgerState,
  NewDeadLetter,
  NewTransaction,
  ParticipantHello,
  ParticipantRecord,
  StepOutcome,
  StepWrite,
  StoredTransaction,
} from '../../port/ledger.js';
import { assertBegins, firstPerGtx, sortedGtxs } from '../../ledger/batch.js';
import { mayBeLazy } from '../../ledger/lazy.js';
import { isoOf } from '../../ledger/time.js';
import { beat, forgetParticipantInstances, greet, participantRecords } from './registry.js';
import type { LedgerRow, MemoryLedgerStore } from './store.js';
import { storedOf } from './stored.js';
import { beginOne, driveRow, plantOne, stepped } from './write-rows.js';

/**
 * Stands between a call and the store: a simulation delays it, refuses it before (`run` not called), or loses the answer
 * after (`run` called, then an ambiguous LedgerError thrown). One call of `run` is one atomic, durable write.
 */
export type LedgerGate = <T>(verb: keyof Ledger, run: () => T) => Promise<T>;

const openGate: LedgerGate = async (_verb, run) => Promise.resolve().then(run);

export interface MemoryLedgerOptions {
  readonly store: MemoryLedgerStore;
  /** The database's clock: only `wallMs` is read. */
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly instanceId: string;
  readonly gate?: LedgerGate;
}

/** The ledger's in-memory twin: same semantics, one thread, no clock and no chance of its own. Invariants: the port's. */
export class MemoryLedger implements Ledger {
  private readonly store: MemoryLedgerStore;
  private readonly gate: LedgerGate;

  constructor(private readonly options: MemoryLedgerOptions) {
    this.store = options.store;
    this.gate = options.gate ?? openGate;
  }

  get sessionsLost(): number {
    return this.store.crashes;
  }

  private get nowMs(): number {
    return this.options.clock.wallMs();
  }

  begin(batch: readonly NewTransaction[]): Promise<readonly BeginOutcome[]> {
    return this.gate('begin', () => {
      assertBegins(batch);
      if (this.store.state.hold) return batch.map(() => ({ kind: 'held' }));
      return batch.map((item) => beginOne(this.store, item, this.nowMs));
    });
  }

  load(gtxs: readonly string[]): Promise<readonly StoredTransaction[]> {
    return this.gate('load', () => this.read(sortedGtxs(gtxs)));
  }

  commitSteps(batch: readonly StepWrite[]): Promise<readonly StepOutcome[]> {
    return this.gate('commitSteps', () => {
      const nowMs = this.nowMs;
      const firsts = new Set(firstPerGtx(batch, ({ gtx }) => gtx));
      const rows = batch.map((step) => (firsts.has(step) ? stepped(this.store, step, nowMs) : null));
      const lazily = batch.every(mayBeLazy);
      return batch.map((step, at) => this.write(step, rows[at] ?? null, lazily, nowMs));
    });
  }

  private write(step: StepWrite, row: LedgerRow | null, lazily: boolean, nowMs: number): StepOutcome {
    if (row === null) return { kind: 'stale' };
    if (lazily) this.store.endLazily(row);
    else this.store.put(row);
    this.store.note(step.gtx, step.timeline, nowMs);
    return { kind: 'applied', at: isoOf(nowMs) };
  }

  plantTombstones(gtxs: readonly string[], reason: string): Promise<readonly StoredTransaction[]> {
    return this.gate('plantTombstones', () => {
      const wanted = sortedGtxs(gtxs);
      const unknown = this.store.state.hold ? [] : wanted.filter((gtx) => !this.store.rows.has(gtx));
      const why = { reason, instance: this.options.instanceId };
      for (const gtx of unknown) plantOne(this.store, gtx, why, this.nowMs);
      return this.read(wanted);
    });
  }

  heartbeat(self: InstanceBeat, deadAfterMs: number): Promise<HeartbeatView> {
    return this.gate('heartbeat', () => beat(this.store, self, deadAfterMs, this.nowMs));
  }

  retire(instanceId: string): Promise<void> {
    return this.gate('retire', () => {
      this.store.instances.delete(instanceId);
      const times = { nowMs: this.nowMs, nextMs: this.nowMs };
      for (const row of this.liveRows().filter(({ driver }) => driver === instanceId)) {
        const { gtx, attempt } = driveRow(this.store, row, null, times).tx;
        const released = { kind: 'RELEASED', attempt, branch: null, instance: instanceId, detail: null };
        this.store.note(gtx, [released], this.nowMs);
      }
    });
  }

  claim(options: ClaimOptions): Promise<readonly StoredTransaction[]> {
    return this.gate('claim', () => {
      const dead = new Set<string | null>([null, ...options.deadInstances]);
      const rows = this.liveRows();
      const due = rows.filter(({ nextMs }) => nextMs <= this.nowMs).sort((a, b) => a.nextMs - b.nextMs);
      const driven = new Set(options.driven);
      const orphaned = rows.filter(({ tx, driver }) => dead.has(driver) && !driven.has(tx.gtx));
      const picked = [...new Set([...due, ...orphaned])].slice(0, options.limit);
      return picked.sort((a, b) => (a.tx.gtx < b.tx.gtx ? -1 : 1)).map((row) => this.take(row, options));
    });
  }

  private take(row: LedgerRow, options: ClaimOptions): StoredTransaction {
    const times = { nowMs: this.nowMs, nextMs: this.nowMs + options.nextInMs };
    const taken = driveRow(this.store, row, options.instanceId, times);
    const { gtx, attempt } = taken.tx;
    const { timelineKind: kind, instanceId: instance } = options;
    this.store.note(
      gtx,
      [{ kind, attempt, branch: null, instance, detail: { from: row.driver } }],
      this.nowMs,
    );
    return storedOf(taken, this.nowMs);
  }

  hello(batch: readonly ParticipantHello[]): Promise<void> {
    return this.gate('hello', () => {
      for (const hello of batch) greet(this.store, hello, this.nowMs);
    });
  }

  participants(): Promise<readonly ParticipantRecord[]> {
    return this.gate('participants', () => participantRecords(this.store, this.nowMs));
  }

  state(): Promise<LedgerState & { readonly wallMs: number }> {
    return this.gate('state', () => ({ ...this.store.state, wallMs: this.nowMs }));
  }

  storeDeadLetters(batch: readonly NewDeadLetter[]): Promise<void> {
    return this.gate('storeDeadLetters', () => {
      for (const letter of batch) {
        const place = JSON.stringify([letter.topic, letter.partition, letter.offset]);
        if (this.store.deadLetters.has(place)) continue;
        const stored = {
          id: this.store.next(),
          storedAt: isoOf(this.nowMs),
          requeuedAt: null,
          requeuedBy: null,
        };
        this.store.deadLetters.set(place, { ...letter, ...stored });
      }
    });
  }

  collectGarbage(options: { retentionMs: number; limit: number }): Promise<readonly CollectedTransaction[]> {
    return this.gate('collectGarbage', () => {
      const before = this.nowMs - options.retentionMs;
      const old = [...this.store.rows.values()].filter(({ endedMs }) => endedMs !== null && endedMs < before);
      const doomed = old.sort((a, b) => (a.tx.gtx < b.tx.gtx ? -1 : 1)).slice(0, options.limit);
      for (const { tx } of doomed) this.store.delete(tx.gtx);
      for (const [place, letter] of this.store.deadLetters) {
        if (letter.storedAt < isoOf(before)) this.store.deadLetters.delete(place);
      }
      forgetParticipantInstances(this.store, this.nowMs);
      return doomed.map(collected);
    });
  }

  ping(): Promise<void> {
    return this.gate('ping', () => undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private read(gtxs: readonly string[]): StoredTransaction[] {
    const rows = gtxs.map((gtx) => this.store.rows.get(gtx)).filter((row) => row !== undefined);
    return rows.map((row) => storedOf(row, this.nowMs));
  }

  private liveRows(): LedgerRow[] {
    const rows = [...this.store.live].map((gtx) => this.store.rows.get(gtx));
    return rows.filter((row) => row !== undefined);
  }
}

const collected = ({ tx }: LedgerRow): CollectedTransaction => ({
  gtx: tx.gtx,
  attempts: tx.attempts.map(({ attempt }) => attempt),
  branches: tx.branches.map(({ id, participant }) => ({ branch: id, participant })),
});
