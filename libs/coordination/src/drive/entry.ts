import type { Drive, Transaction } from '#protocol';
import type { StoredTransaction } from '#persistence';

/** A transaction this process holds in memory. */
export interface Entry {
  drive: Drive;
  /** What the ledger told beside the image (created, deadline, initiator …); replaced at every re-read. */
  stored: StoredTransaction;
  /** This process pushes it: timers run. Otherwise it only collects what arrived here. */
  mine: boolean;
  /** Monotonic ms when the current attempt's deadline passes; kept for observers too (budget of a re-sent PREPARE). */
  deadlineAtMs: number;
  /** Monotonic ms since when it waits for the same answers; -Infinity when they went elsewhere. */
  askedAtMs: number;
  /** Monotonic ms of the next re-send. */
  resendAtMs: number;
  /** Re-sends since the last progress. */
  tries: number;
  /** Monotonic ms of the last event: idle observers are dropped. */
  touchedAtMs: number;
  /** Monotonic ms when this process first held it: durations for metrics. */
  sinceMs: number;
  /** Why it came here, when it was recovered; null = accepted here. */
  recovered: 'takeover' | 'overdue' | null;
}

/** The image an API caller sees: the newest durable one, with votes held here shown as PREPARED. */
export function viewOf(entry: Entry): StoredTransaction {
  return { ...entry.stored, tx: entry.drive.tx };
}

export function sameAttempt(a: Transaction, b: Transaction): boolean {
  return a.attempt === b.attempt && a.attempts.at(-1)?.decision === b.attempts.at(-1)?.decision;
}
