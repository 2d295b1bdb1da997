import type { Json } from '#protocol';

/**
 * An initiator's requests, written in its own local transaction and submitted if and only if that commits (protocol.md §6).
 * Two adapters, one conformance suite.
 *
 * Invariants:
 *  O1 An entry exists if and only if the transaction it was enqueued in committed.
 *  O2 Until ACCEPTED, REJECTED or an outcome closes it, a pending entry becomes due again and again: a claim is a lease, not an end.
 *  O3 Of the entries with one ordering key, only the oldest pending one is claimed.
 *  O4 States only move on: pending → accepted → done, pending → rejected. An ACCEPTED after the end or a repeated OUTCOME changes nothing.
 *  O5 An end is handed out again until `delivered`; two relays are never handed the same entry within one lease.
 */
export interface OutboxStore {
  /**
   * Writes entries in the caller's open local transaction: a pg client, a TypeORM EntityManager (postgres/), or the client of
   * the in-memory twin. An entry whose gtx is there already is left as it is.
   * @throws StoreError OTHER when the connection has no open transaction: the entries would not depend on anything.
   */
  enqueue(connection: unknown, entries: readonly NewOutboxEntry[]): Promise<void>;

  /** Takes due entries, oldest first, and moves their next_at on (see {@link RetryPace}). SKIP LOCKED: relays do not wait for each other. */
  claimDue(options: { readonly limit: number; readonly pace: RetryPace }): Promise<readonly OutboxEntry[]>;

  /**
   * ACCEPTED came: no longer sent, except that it is claimed again after `askAgainInMs` without an outcome, and then every `askMs`.
   * Only pending entries move: a repeated ACCEPTED may be late, and would put off the question that is due.
   */
  accept(gtxs: readonly string[], options: { readonly askAgainInMs: number }): Promise<void>;
  /** REJECTED(code) came. Only pending entries move. */
  reject(rejections: readonly { readonly gtx: string; readonly reason: string }[]): Promise<void>;
  /** OUTCOME came. Only pending and accepted entries move. */
  settle(outcomes: readonly OutboxOutcome[]): Promise<void>;

  /** Ends (done, rejected) the initiator has not heard, oldest first; handed out again after `leaseMs` unless `delivered`. */
  claimEnded(options: { readonly limit: number; readonly leaseMs: number }): Promise<readonly EndedEntry[]>;
  /** They are handed out again `leaseMs` from now, unless `delivered`; of others than undelivered ends nothing changes. */
  renewEnded(gtxs: readonly string[], options: { readonly leaseMs: number }): Promise<void>;
  delivered(gtxs: readonly string[]): Promise<void>;

  /** Milliseconds until something is due (0 = now), null when nothing waits: how long the relay may sleep. */
  nextDueInMs(): Promise<number | null>;
  /**
   * Calls `listener` when a transaction of this process that enqueued something has ended: what it wrote is due if it committed.
   * A hint: what another process enqueued, or a prepared transaction, is found by looking now and then. It is no NOTIFY, which
   * takes a server-wide lock at every commit and cannot be prepared [pg].
   */
  onWake(listener: () => void): () => void;

  /** One entry, whatever its state. */
  find(gtx: string): Promise<OutboxRecord | null>;
  /** Deletes delivered entries older than the retention, at most `limit`; returns how many. */
  collectGarbage(options: { readonly retentionMs: number; readonly limit: number }): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface NewOutboxEntry {
  readonly gtx: string;
  /** Entries with the same key are submitted one after the other; null: no order. */
  readonly key: string | null;
  readonly request: Json;
  readonly idempotencyKey: string | null;
}

/** The n-th send is followed by the next one after min(firstMs × 2ⁿ⁻¹, capMs) × jitter, that of an accepted entry after askMs × jitter. */
export interface RetryPace {
  readonly firstMs: number;
  readonly capMs: number;
  readonly askMs: number;
  /** Drawn by the caller for each claim, around 1. */
  readonly jitter: number;
}

export interface OutboxEntry extends NewOutboxEntry {
  readonly id: string;
  /** `accepted` entries are claimed when their outcome is overdue. */
  readonly state: 'pending' | 'accepted';
  /** Claims so far, this one included. */
  readonly attempts: number;
  readonly ageMs: number;
}

export interface OutboxOutcome {
  readonly gtx: string;
  readonly outcome: 'committed' | 'aborted';
  readonly reason: string | null;
}

export interface EndedEntry extends NewOutboxEntry {
  readonly id: string;
  readonly state: 'done' | 'rejected';
  /** null when rejected: no transaction was begun. */
  readonly outcome: 'committed' | 'aborted' | null;
  /** Why rejected or aborted. */
  readonly reason: string | null;
}

export interface OutboxRecord extends NewOutboxEntry {
  readonly id: string;
  readonly state: 'pending' | 'accepted' | 'rejected' | 'done';
  readonly attempts: number;
  readonly outcome: 'committed' | 'aborted' | null;
  readonly reason: string | null;
  readonly createdAt: string;
  readonly deliveredAt: string | null;
}
