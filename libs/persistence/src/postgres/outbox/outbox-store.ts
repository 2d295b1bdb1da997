import type {
  EndedEntry,
  NewOutboxEntry,
  OutboxEntry,
  OutboxOutcome,
  OutboxRecord,
  OutboxStore,
  RetryPace,
} from '../../port/outbox-store.js';
import { toStoreError } from '../sessions/faults.js';
import { openSessions, type SessionOptions } from '../sessions/open-sessions.js';
import type { SessionPool } from '../sessions/session-pool.js';
import { claimDue } from './claim-due.js';
import { accept, reject, settle } from './close-entries.js';
import { clientInTransaction, onTransactionEnd } from './connection.js';
import { claimEnded, delivered, renewEnded } from './deliver-ends.js';
import { enqueue } from './enqueue.js';
import { collect, find, nextDue } from './look.js';
import { byId, toDue, toEnded, toRecord, type RawEntry } from './rows.js';

/** An initiator's outbox over PostgreSQL. Writes on the caller's connection, reads and closes on its own. */
export class PostgresOutboxStore implements OutboxStore {
  private readonly listeners = new Set<() => void>();

  constructor(private readonly sessions: SessionPool) {}

  async enqueue(connection: unknown, entries: readonly NewOutboxEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const client = await clientInTransaction(connection);
    try {
      await client.query({ ...enqueue(entries) });
    } catch (error) {
      throw toStoreError(error, 'statement');
    }
    onTransactionEnd(client, this.wake);
  }

  private readonly wake = (): void => {
    for (const listener of this.listeners) listener();
  };

  onWake(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async claimDue({ limit, pace }: { limit: number; pace: RetryPace }): Promise<readonly OutboxEntry[]> {
    const { rows } = await this.sessions.run<RawEntry>(claimDue(limit, pace));
    return rows.map(toDue).sort(byId);
  }

  async accept(gtxs: readonly string[], { askAgainInMs }: { askAgainInMs: number }): Promise<void> {
    if (gtxs.length > 0) await this.sessions.run(accept(gtxs, askAgainInMs));
  }

  async reject(rejections: readonly { gtx: string; reason: string }[]): Promise<void> {
    if (rejections.length > 0) await this.sessions.run(reject(rejections));
  }

  async settle(outcomes: readonly OutboxOutcome[]): Promise<void> {
    if (outcomes.length > 0) await this.sessions.run(settle(outcomes));
  }

  async claimEnded({ limit, leaseMs }: { limit: number; leaseMs: number }): Promise<readonly EndedEntry[]> {
    const { rows } = await this.sessions.run<RawEntry>(claimEnded(limit, leaseMs));
    return rows.map(toEnded).sort(byId);
  }

  async renewEnded(gtxs: readonly string[], { leaseMs }: { leaseMs: number }): Promise<void> {
    if (gtxs.length > 0) await this.sessions.run(renewEnded(gtxs, leaseMs));
  }

  async delivered(gtxs: readonly string[]): Promise<void> {
    if (gtxs.length > 0) await this.sessions.run(delivered(gtxs));
  }

  async nextDueInMs(): Promise<number | null> {
    const { rows } = await this.sessions.run<{ due_in_ms: number | null }>(nextDue());
    const dueInMs = rows[0]?.due_in_ms ?? null;
    return dueInMs === null ? null : Math.max(0, dueInMs);
  }

  async find(gtx: string): Promise<OutboxRecord | null> {
    const { rows } = await this.sessions.run<RawEntry>(find(gtx));
    return rows[0] === undefined ? null : toRecord(rows[0]);
  }

  async collectGarbage({ retentionMs, limit }: { retentionMs: number; limit: number }): Promise<number> {
    const { rowCount } = await this.sessions.run(collect(retentionMs, limit));
    return rowCount ?? 0;
  }

  async ping(): Promise<void> {
    await this.sessions.run({ text: 'SELECT 1', values: [] });
  }

  close(): Promise<void> {
    return this.sessions.close();
  }
}

/**
 * What the relay writes need not be on the disk before it goes on: a lease that a database crash forgets leads to another send, a
 * forgotten ACCEPTED or OUTCOME to the same question and answer, a forgotten delivery to another call of the handler. What must be
 * durable, the entry itself, is written on the caller's connection.
 */
const LAZY = { synchronous_commit: 'off' };

/** Opens the outbox of one initiator, in its business database. The first statement opens the first connection. */
export function createPostgresOutboxStore(options: SessionOptions): PostgresOutboxStore {
  const { maxConnections = 4, ...others } = options;
  return new PostgresOutboxStore(
    openSessions({ ...others, maxConnections }, 'own', 'concordat outbox', LAZY),
  );
}
