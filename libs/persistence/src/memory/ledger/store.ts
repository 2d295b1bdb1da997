import type { Transaction } from '#protocol';
import type { AuditEntry, StoredDeadLetter, StoredTimelineEntry } from '../../port/ledger-admin.js';
import {
  LedgerError,
  type InstanceBeat,
  type LedgerState,
  type ParticipantHello,
  type TimelineEntry,
} from '../../port/ledger.js';
import { LAZY_MS } from '../../ledger/lazy.js';
import { isoOf } from '../../ledger/time.js';

/** A transaction as the store holds it: times are wall milliseconds of the store's clock. Rows are replaced, never changed. */
export interface LedgerRow {
  readonly tx: Transaction;
  readonly driver: string | null;
  readonly deadlineMs: number;
  readonly nextMs: number;
  readonly tries: number;
  readonly businessKey: string | null;
  readonly description: string | null;
  readonly bodyHash: string | null;
  readonly tombstone: boolean;
  readonly initiator: string | null;
  readonly traceparent: string | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly endedMs: number | null;
}

export interface BeatRow {
  readonly beat: InstanceBeat;
  readonly startedMs: number;
  readonly beatMs: number;
}

export interface SeenParticipant {
  readonly last: ParticipantHello;
  readonly seenMs: number;
  readonly instances: ReadonlyMap<string, { readonly bootId: string; readonly seenMs: number }>;
}

type Timeline = readonly StoredTimelineEntry[];

/** Everything that is durable. */
export interface LedgerImage {
  readonly rows: ReadonlyMap<string, LedgerRow>;
  readonly keys: ReadonlyMap<string, string>;
  readonly timelines: ReadonlyMap<string, readonly StoredTimelineEntry[]>;
  readonly instances: ReadonlyMap<string, BeatRow>;
  readonly participants: ReadonlyMap<string, SeenParticipant>;
  readonly deadLetters: ReadonlyMap<string, StoredDeadLetter>;
  readonly audit: readonly AuditEntry[];
  readonly state: LedgerState;
  readonly serial: number;
}

/**
 * The durable half of the in-memory ledger; several `MemoryLedger`s (instances) share one.
 * `image()` and `restore()` are the seam for simulated crashes: what was written since an image is lost when it is restored.
 */
export class MemoryLedgerStore {
  rows = new Map<string, LedgerRow>();
  /** gtxs of rows that have not ended. */
  live = new Set<string>();
  keys = new Map<string, string>();
  timelines = new Map<string, readonly StoredTimelineEntry[]>();
  instances = new Map<string, BeatRow>();
  participants = new Map<string, SeenParticipant>();
  deadLetters = new Map<string, StoredDeadLetter>();
  audit: readonly AuditEntry[] = [];
  state: LedgerState = { epoch: 1, hold: false };
  /** Hears of every timeline entry as it is written. */
  onNote: ((gtx: string, entries: readonly StoredTimelineEntry[]) => void) | null = null;
  /** How often `crash` was called. */
  crashes = 0;
  /** Ends that nothing durable has followed yet, each with the row and the timeline as they were before. */
  private lazy: { readonly row: LedgerRow; readonly before: LedgerRow; readonly timeline: Timeline }[] = [];
  private boundTo = new Map<string, readonly string[]>();
  private serial = 0;

  /** The next number of the one sequence of this store. */
  next(): string {
    this.serial += 1;
    return String(this.serial);
  }

  /** @throws LedgerError REFUSED where the database's triggers would refuse the row. */
  check(row: LedgerRow): void {
    const before = this.rows.get(row.tx.gtx);
    if (before !== undefined) guard(before, row);
  }

  put(row: LedgerRow): void {
    this.replace(row);
    // The log is written in order: what is durable now, is so with all before it.
    if (this.lazy.length > 0) this.lazy = [];
  }

  private replace(row: LedgerRow): void {
    const { gtx } = row.tx;
    this.check(row);
    this.rows.set(gtx, row);
    if (row.endedMs === null) this.live.add(gtx);
    else this.live.delete(gtx);
  }

  /** An end that is reported before it is durable. */
  endLazily(row: LedgerRow): void {
    const { gtx } = row.tx;
    const before = this.rows.get(gtx)!;
    this.replace(row);
    this.lazy.push({ row, before, timeline: this.timelines.get(gtx) ?? [] });
  }

  /** The server dies and comes back: the youngest lazy ends are gone. */
  crash(nowMs: number): void {
    this.crashes += 1;
    for (const { row, before, timeline } of this.lazy) {
      const { gtx } = row.tx;
      if (this.rows.get(gtx) !== row || row.updatedMs < nowMs - LAZY_MS) continue;
      this.rows.set(gtx, before);
      this.live.add(gtx);
      this.timelines.set(gtx, timeline);
    }
    this.lazy = [];
  }

  /** An idempotency key is bound once. */
  bind(key: string, gtx: string): void {
    this.keys.set(key, gtx);
    this.boundTo.set(gtx, [...(this.boundTo.get(gtx) ?? []), key]);
  }

  delete(gtx: string): void {
    this.rows.delete(gtx);
    this.live.delete(gtx);
    this.timelines.delete(gtx);
    for (const key of this.boundTo.get(gtx) ?? []) this.keys.delete(key);
    this.boundTo.delete(gtx);
  }

  note(gtx: string, entries: readonly TimelineEntry[], nowMs: number): void {
    if (entries.length === 0) return;
    const stored = entries.map((entry) => ({ ...entry, seq: this.next(), at: isoOf(nowMs) }));
    this.timelines.set(gtx, [...(this.timelines.get(gtx) ?? []), ...stored]);
    this.onNote?.(gtx, stored);
  }

  image(): LedgerImage {
    return {
      rows: new Map(this.rows),
      keys: new Map(this.keys),
      timelines: new Map(this.timelines),
      instances: new Map(this.instances),
      participants: new Map(this.participants),
      deadLetters: new Map(this.deadLetters),
      audit: this.audit,
      state: this.state,
      serial: this.serial,
    };
  }

  restore(image: LedgerImage): void {
    this.rows = new Map(image.rows);
    this.live = new Set([...image.rows].filter(([, row]) => row.endedMs === null).map(([gtx]) => gtx));
    this.keys = new Map();
    this.boundTo = new Map();
    for (const [key, gtx] of image.keys) this.bind(key, gtx);
    this.timelines = new Map(image.timelines);
    this.instances = new Map(image.instances);
    this.participants = new Map(image.participants);
    this.deadLetters = new Map(image.deadLetters);
    this.audit = image.audit;
    this.state = image.state;
    this.serial = image.serial;
  }
}

/** L1: a decided attempt is history; what has ended stays so. */
function guard(before: LedgerRow, after: LedgerRow): void {
  const rewritten = before.tx.attempts.some((attempt, at) => {
    const now = after.tx.attempts[at];
    return (
      attempt.decision !== null && (now?.decision !== attempt.decision || now.decidedAt !== attempt.decidedAt)
    );
  });
  const undecided =
    after.tx.attempt > before.tx.attempt && after.tx.attempts[before.tx.attempt - 1]?.decision !== 'ABORT';
  const revived = before.endedMs !== null && after.endedMs !== before.endedMs;
  if (!rewritten && !undecided && !revived) return;
  throw new LedgerError('REFUSED', `transaction ${before.tx.gtx}: what is decided or ended stays so`, false);
}
