import type { FaultPoints } from '#observability';
import type { OutboxStore } from '#persistence';
import type { LetterDeps } from '../kafka/initiator-letters.js';
import type { PumpDeps } from './pump.js';

/** Everything the outbox's loops touch: ports only. */
export interface OutboxDeps extends LetterDeps, PumpDeps {
  readonly store: OutboxStore;
  readonly faults: FaultPoints;
}

/** Timers and limits of the outbox; milliseconds. */
export interface OutboxOptions {
  /** How often to look for what another process enqueued and left behind. */
  readonly pollMs: number;
  /** First re-send of a request without answer; then twice as long each time (protocol.md §10). */
  readonly resendMs: number;
  readonly resendCapMs: number;
  /**
   * An accepted request without outcome for this long (±20 %) is asked for again, and again after as long. It does not grow: the
   * requests that were sent most often are those of an outage, and would be told last.
   */
  readonly askAgainMs: number;
  /** Time the outcome handlers have before another relay may call them for the same outcome; one `leaseMs` later it surely may. */
  readonly handlerLeaseMs: number;
  /**
   * How long an outcome stays with a process that no longer says it is at work on it: it died, or never heard that it had claimed it.
   * At most `handlerLeaseMs`.
   */
  readonly leaseMs: number;
  /** How long delivered entries are kept. */
  readonly retentionMs: number;
  readonly maxBatch: number;
  /** No process of this initiator will ever want outcomes: they count as told. Otherwise they wait for one that has a handler. */
  readonly ignoreOutcomes: boolean;
}

export const DEFAULT_OUTBOX_OPTIONS: OutboxOptions = {
  pollMs: 500,
  resendMs: 500,
  resendCapMs: 10_000,
  askAgainMs: 10_000,
  handlerLeaseMs: 30_000,
  leaseMs: 5_000,
  retentionMs: 14 * 24 * 3_600_000,
  maxBatch: 500,
  ignoreOutcomes: false,
};
