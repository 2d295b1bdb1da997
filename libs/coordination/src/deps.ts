import type { Bus } from '#messaging';
import type { Clock, FaultPoints, Log, Metrics, Random } from '#observability';
import type { Ledger } from '#persistence';
import type { Topics } from '#wire';

/** Everything the engine room touches: ports only, so that the simulation runs the same code. */
export interface EngineDeps {
  readonly ledger: Ledger;
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly faults: FaultPoints;
}

/** Who this process is among the drivers. */
export interface Identity {
  readonly instanceId: string;
  readonly role: 'coordinator' | 'watchdog';
  /** Where operators reach it; null when it has no HTTP. */
  readonly url: string | null;
}

/** Limits and timers (protocol.md §10); milliseconds. */
export interface EngineOptions {
  readonly prepareTimeoutMs: number;
  readonly sagaTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
  readonly scanIntervalMs: number;
  /** Live transactions this process may hold; beyond it BEGIN is refused as overload. */
  readonly maxInflight: number;
  readonly maxBatch: number;
  /** Transactions taken over that are pushed at once; the rest of a backlog waits, and lets new ones through. */
  readonly recoveryWindow: number;
  /** Ids older than this, or tombstones, keys and rows kept longer, are gone (§10). */
  readonly retentionMs: number;
  /** How far in the future an id may lie. */
  readonly idAheadMs: number;
  /** If nobody moved a live transaction for this long after its deadline, any instance takes it, whoever drives. */
  readonly neglectMs: number;
  /** A gid of an unknown transaction is left alone while younger than this (§10). */
  readonly orphanAgeMs: number;
}

export const DEFAULT_OPTIONS: EngineOptions = {
  prepareTimeoutMs: 5_000,
  sagaTimeoutMs: 900_000,
  heartbeatMs: 500,
  deadAfterMs: 1_500,
  scanIntervalMs: 500,
  maxInflight: 20_000,
  maxBatch: 1_000,
  recoveryWindow: 128,
  retentionMs: 14 * 24 * 3_600_000,
  idAheadMs: 5 * 60_000,
  neglectMs: 30_000,
  orphanAgeMs: 10_000,
};
