import { StoreError } from '../../port/branch-store.js';
import type {
  EndedEntry,
  NewOutboxEntry,
  OutboxEntry,
  OutboxOutcome,
  OutboxRecord,
  OutboxStore,
  RetryPace,
} from '../../port/outbox-store.js';
import { MemoryClient } from '../branches/business-client.js';
import type { MemoryDatabase } from '../branches/database.js';
import type { Value } from '../branches/storage.js';
import { copyOf } from '../branches/tables.js';
import type { MemoryServer } from '../branches/server.js';
import { connectionLost } from '../branches/transaction.js';

interface StoredEntry extends NewOutboxEntry {
  readonly id: number;
  readonly state: OutboxRecord['state'];
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly createdAtMs: number;
  readonly outcome: OutboxRecord['outcome'];
  readonly reason: string | null;
  readonly deliveredAtMs: number | null;
}

export interface MemoryOutboxStoreOptions {
  readonly server: MemoryServer;
  readonly database: string;
}

const TABLE = 'outbox';
/** Those that nobody has to look at any more: most of them, soon. */
const DELIVERED = 'outbox-delivered';
const keyOf = (gtx: string): string => `${TABLE}|${gtx}`;
const deliveredKeyOf = (gtx: string): string => `${DELIVERED}|${gtx}`;

/** The in-memory twin of the outbox, in the same database as the business data of {@link MemoryClient}. */
export class MemoryOutboxStore implements OutboxStore {
  private readonly database: MemoryDatabase;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: MemoryOutboxStoreOptions) {
    this.database = options.server.database(options.database);
  }

  async enqueue(connection: unknown, entries: readonly NewOutboxEntry[]): Promise<void> {
    if (!(connection instanceof MemoryClient) || !connection.transaction.isOpen) {
      throw new StoreError('OTHER', 'outbox: expected the client of an open local transaction', false, null);
    }
    const { transaction } = connection;
    for (const entry of entries) {
      await transaction.lock(keyOf(entry.gtx));
      const known = transaction.get(keyOf(entry.gtx)) ?? transaction.get(deliveredKeyOf(entry.gtx));
      if (known === undefined) await transaction.put(keyOf(entry.gtx), this.newEntry(entry));
    }
    transaction.onEnd(this.wake);
  }

  private newEntry({ gtx, key, request, idempotencyKey }: NewOutboxEntry): StoredEntry {
    return copyOf({
      gtx,
      key,
      request,
      idempotencyKey,
      id: this.database.nextId(TABLE),
      state: 'pending',
      attempts: 0,
      nextAtMs: this.nowMs,
      createdAtMs: this.nowMs,
      outcome: null,
      reason: null,
      deliveredAtMs: null,
    });
  }

  private readonly wake = (): void => {
    for (const listener of this.listeners) listener();
  };

  onWake(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private get nowMs(): number {
    return this.database.clock.wallMs();
  }

  private all(table: string): StoredEntry[] {
    this.check();
    return (this.database.values(table) as StoredEntry[]).sort((a, b) => a.id - b.id);
  }

  private check(): void {
    if (this.options.server.isDown) throw connectionLost();
  }

  /** Those of `gtxs` that are not delivered, in the order of their ids. */
  private undelivered(gtxs: Iterable<string>): StoredEntry[] {
    this.check();
    const found = [...new Set(gtxs)].flatMap((gtx) => (this.database.read(keyOf(gtx)) ?? []) as StoredEntry);
    return found.sort((a, b) => a.id - b.id);
  }

  private free(entries: readonly StoredEntry[]): StoredEntry[] {
    return entries.filter(({ gtx }) => !this.database.locks.isHeldByOther(keyOf(gtx), null));
  }

  /** Changes committed entries that no open transaction holds. */
  private change(
    entries: readonly StoredEntry[],
    by: (entry: StoredEntry) => Partial<StoredEntry>,
  ): StoredEntry[] {
    const changed = this.free(entries).map((entry) => ({ ...entry, ...by(entry) }));
    this.database.apply(new Map<string, Value>(changed.map((entry) => [keyOf(entry.gtx), entry])));
    return changed;
  }

  async claimDue({ limit, pace }: { limit: number; pace: RetryPace }): Promise<readonly OutboxEntry[]> {
    const { firstMs, capMs, askMs, jitter } = pace;
    const due = this.claimable()
      .filter(({ nextAtMs }) => nextAtMs <= this.nowMs)
      .sort((a, b) => a.nextAtMs - b.nextAtMs || a.id - b.id)
      .slice(0, limit);
    const claimed = this.change(due, ({ state, attempts }) => {
      const resendMs = Math.min(firstMs * 2 ** Math.min(attempts, 30), capMs);
      const pauseMs = state === 'accepted' ? askMs : resendMs;
      return { attempts: attempts + 1, nextAtMs: this.nowMs + pauseMs * jitter };
    });
    return claimed.sort((a, b) => a.id - b.id).map((entry) => this.toDue(entry));
  }

  private claimable(): StoredEntry[] {
    const seen = new Set<string>();
    return this.all(TABLE).filter(({ state, key }) => {
      if (state === 'accepted') return true;
      if (state !== 'pending' || (key !== null && seen.has(key))) return false;
      if (key !== null) seen.add(key);
      return true;
    });
  }

  async accept(gtxs: readonly string[], { askAgainInMs }: { askAgainInMs: number }): Promise<void> {
    const pending = this.undelivered(gtxs).filter(({ state }) => state === 'pending');
    this.change(pending, () => ({
      state: 'accepted',
      nextAtMs: this.nowMs + askAgainInMs,
    }));
  }

  async reject(rejections: readonly { gtx: string; reason: string }[]): Promise<void> {
    const reasons = new Map(rejections.map(({ gtx, reason }) => [gtx, reason]));
    const pending = this.undelivered(reasons.keys()).filter(({ state }) => state === 'pending');
    this.change(pending, ({ gtx }) => ({
      state: 'rejected',
      reason: reasons.get(gtx) ?? null,
      nextAtMs: this.nowMs,
    }));
  }

  async settle(outcomes: readonly OutboxOutcome[]): Promise<void> {
    const ends = new Map(outcomes.map((end) => [end.gtx, end]));
    this.change(this.undelivered(ends.keys()).filter(isOpen), ({ gtx }) => ({
      state: 'done',
      outcome: ends.get(gtx)?.outcome ?? null,
      reason: ends.get(gtx)?.reason ?? null,
      nextAtMs: this.nowMs,
    }));
  }

  private ended(): StoredEntry[] {
    return this.all(TABLE).filter((entry) => !isOpen(entry));
  }

  async claimEnded({ limit, leaseMs }: { limit: number; leaseMs: number }): Promise<readonly EndedEntry[]> {
    const due = this.ended()
      .filter(({ nextAtMs }) => nextAtMs <= this.nowMs)
      .sort((a, b) => a.nextAtMs - b.nextAtMs || a.id - b.id)
      .slice(0, limit);
    const claimed = this.change(due, () => ({ nextAtMs: this.nowMs + leaseMs }));
    return claimed.sort((a, b) => a.id - b.id).map(toEnded);
  }

  async renewEnded(gtxs: readonly string[], { leaseMs }: { leaseMs: number }): Promise<void> {
    const ends = this.undelivered(gtxs).filter((entry) => !isOpen(entry));
    this.change(ends, () => ({ nextAtMs: this.nowMs + leaseMs }));
  }

  async delivered(gtxs: readonly string[]): Promise<void> {
    const told = this.free(this.undelivered(gtxs).filter((entry) => !isOpen(entry)));
    this.database.apply(
      new Map<string, Value>(
        told.flatMap((entry) => [
          [keyOf(entry.gtx), undefined],
          [deliveredKeyOf(entry.gtx), { ...entry, deliveredAtMs: this.nowMs }],
        ]),
      ),
    );
  }

  async nextDueInMs(): Promise<number | null> {
    const times = [...this.claimable(), ...this.ended()].map(({ nextAtMs }) => nextAtMs);
    return times.length === 0 ? null : Math.max(0, Math.min(...times) - this.nowMs);
  }

  async find(gtx: string): Promise<OutboxRecord | null> {
    this.check();
    const entry = this.database.read(keyOf(gtx)) ?? this.database.read(deliveredKeyOf(gtx));
    return entry === undefined ? null : toRecord(entry as StoredEntry);
  }

  async collectGarbage({ retentionMs, limit }: { retentionMs: number; limit: number }): Promise<number> {
    const old = this.all(DELIVERED)
      .filter(({ deliveredAtMs }) => this.nowMs - (deliveredAtMs ?? Infinity) > retentionMs)
      .slice(0, limit);
    this.database.apply(new Map(old.map(({ gtx }) => [deliveredKeyOf(gtx), undefined])));
    return old.length;
  }

  async ping(): Promise<void> {
    this.check();
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }

  private toDue(stored: StoredEntry): OutboxEntry {
    const { state, attempts, createdAtMs } = stored;
    return {
      ...entryOf(stored),
      state: state === 'accepted' ? 'accepted' : 'pending',
      attempts,
      ageMs: this.nowMs - createdAtMs,
    };
  }
}

const isOpen = ({ state }: StoredEntry): boolean => state === 'pending' || state === 'accepted';

const entryOf = ({ id, gtx, key, request, idempotencyKey }: StoredEntry) =>
  copyOf({ id: String(id), gtx, key, request, idempotencyKey });

const toEnded = (stored: StoredEntry): EndedEntry => ({
  ...entryOf(stored),
  state: stored.state === 'rejected' ? 'rejected' : 'done',
  outcome: stored.outcome,
  reason: stored.reason,
});

const toRecord = (stored: StoredEntry): OutboxRecord => ({
  ...entryOf(stored),
  state: stored.state,
  attempts: stored.attempts,
  outcome: stored.outcome,
  reason: stored.reason,
  createdAt: new Date(stored.createdAtMs).toISOString(),
  deliveredAt: stored.deliveredAtMs === null ? null : new Date(stored.deliveredAtMs).toISOString(),
});
