import type {
  Attempt,
  BranchResult,
  CompensationDemand,
  Decision,
  Heuristic,
  Json,
  Transaction,
  TransactionState,
} from '#protocol';

/**
 * The coordinator's durable truth. Two adapters (postgres/, memory/) pass one conformance suite.
 *
 * Invariants:
 *  L1 The decision of an attempt is written once and never changes (G2); the database itself refuses a second value.
 *  L2 Every change of a transaction carries its version: a stale writer changes nothing and is told so.
 *  L3 A batch is one local transaction; each item succeeds or is stale on its own, none blocks the others.
 *  L4 What a resolved call reported is durable (synchronous commit), but for batches of mere ends (D4, protocol.md §6): they may be
 *     gone when the database crashes within the next `LAZY_MS`, and `sessionsLost` has moved then. A rejected call may have been
 *     written or not: the caller re-reads (`LedgerError.ambiguous`).
 *  L5 Stored times are database times; times cross this port only as remaining or elapsed milliseconds or ISO strings made by it.
 *  L6 Every change appends its timeline entries in the same local transaction.
 *  L7 An inquiry for a wholly unknown gtx leaves a durable ABORT of attempt 1 (a tombstone) before it is answered.
 *  L8 A claim hands a transaction to one driver: versions move, so the former driver's writes are stale.
 */
export interface Ledger {
  // ---- accepting (D1)
  begin(batch: readonly NewTransaction[]): Promise<readonly BeginOutcome[]>;

  // ---- reading: missing ones are left out; never from a replica
  load(gtxs: readonly string[]): Promise<readonly StoredTransaction[]>;

  // ---- moving (D2, D2f, D3, D4): results in the order of the batch; a second write of the same gtx in one batch is stale
  commitSteps(batch: readonly StepWrite[]): Promise<readonly StepOutcome[]>;

  /** §7 absence is never an answer: plants ABORT of attempt 1 for unknown gtxs, then returns the rows as they are. Not during hold. */
  plantTombstones(gtxs: readonly string[], reason: string): Promise<readonly StoredTransaction[]>;

  // ---- drivers (§7)
  /** Beats for an instance and returns those silent for longer than `deadAfterMs`. */
  heartbeat(self: InstanceBeat, deadAfterMs: number): Promise<HeartbeatView>;
  /** Removes the instance's beat and frees what it drives (driver = null, due now): a graceful stop. */
  retire(instanceId: string): Promise<void>;
  /** Takes up to `limit` live transactions that are overdue (`next_at` past), undriven, or whose driver is in `deadInstances`; SKIP LOCKED. */
  claim(options: ClaimOptions): Promise<readonly StoredTransaction[]>;

  // ---- participants
  hello(batch: readonly ParticipantHello[]): Promise<void>;
  participants(): Promise<readonly ParticipantRecord[]>;

  // ---- ledger-wide state: epoch and recovery hold
  /** With the time there: the one clock by which all instances judge the age of ids. */
  state(): Promise<LedgerState & { readonly wallMs: number }>;

  // ---- dead letters, unique on (topic, partition, offset)
  storeDeadLetters(batch: readonly NewDeadLetter[]): Promise<void>;

  /** Deletes ended transactions, tombstones and keys older than the retention, at most `limit`; returns (gtx, attempts) removed, for FORGET and the topic's tombstones. */
  collectGarbage(options: { retentionMs: number; limit: number }): Promise<readonly CollectedTransaction[]>;

  /**
   * How many of this process's sessions ended so far. A database that crashes ends all of them: while the number stands still, nothing
   * that was written lazily has been lost.
   */
  readonly sessionsLost: number;

  /** Bounded round trip; rejects with LedgerError when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface NewTransaction {
  /** The image to store: state PREPARING or SAGA_RUNNING, attempt 1, version 1. Its ledger epoch is the ledger's, whatever is given. */
  readonly tx: Transaction;
  readonly bodyHash: string;
  readonly idempotencyKey: string | null;
  readonly businessKey: string | null;
  readonly description: string | null;
  /** Prepare budget or saga limit: becomes deadline = database now + this. */
  readonly deadlineInMs: number;
  /** When a watchdog should look if nobody moved it. */
  readonly nextInMs: number;
  readonly driver: string;
  readonly traceparent: string | null;
  /** The initiator that hears the outcome over Kafka; null for HTTP. */
  readonly initiator: string | null;
  readonly timeline: readonly TimelineEntry[];
}

/**
 * `existing` also covers a key that points at another gtx; `sameBody` compares body hashes (a tombstone has none: true).
 * `held`: the ledger is in recovery hold; nothing was written.
 */
export type BeginOutcome =
  | { readonly kind: 'created'; readonly stored: StoredTransaction }
  | { readonly kind: 'existing'; readonly stored: StoredTransaction; readonly sameBody: boolean }
  | { readonly kind: 'held' };

/** A transaction with what the ledger adds to the protocol's image. */
export interface StoredTransaction {
  readonly tx: Transaction;
  readonly driver: string | null;
  /** Milliseconds until the deadline of the current attempt by the database clock; negative when past. */
  readonly deadlineLeftMs: number;
  readonly deadline: string;
  readonly tries: number;
  readonly businessKey: string | null;
  readonly description: string | null;
  readonly bodyHash: string | null;
  /** True when an inquiry planted it: no request was ever seen. */
  readonly tombstone: boolean;
  readonly initiator: string | null;
  readonly traceparent: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly ageMs: number;
  readonly endedAt: string | null;
}

/** One durable change of one transaction. Only what is given changes. */
export interface StepWrite {
  readonly gtx: string;
  /** Precondition: the stored version. The write moves it to `expectedVersion + 1`. */
  readonly expectedVersion: number;
  readonly state: TransactionState;
  /** Fills the cell of the current attempt (which must be empty). */
  readonly decide: {
    readonly attempt: number;
    readonly decision: Decision;
    readonly reason: string | null;
  } | null;
  /** D2f: the next attempt, started in the same write. */
  readonly startAttempt: Pick<Attempt, 'attempt' | 'mode'> | null;
  /** The whole new list of results (small: branches × attempts). */
  readonly results: readonly BranchResult[];
  readonly heuristic: Heuristic;
  readonly demand: CompensationDemand | null;
  /** Sets ended_at: terminal states only. */
  readonly ended: boolean;
  /** New deadline of the (new) attempt; null keeps it. */
  readonly deadlineInMs: number | null;
  /** When a watchdog should look next; null keeps it. */
  readonly nextInMs: number | null;
  readonly tries: number;
  /** Who drives from now on. */
  readonly driver: string;
  readonly timeline: readonly TimelineEntry[];
}

/** `at`: database time of the write; it is decidedAt of a decision and endedAt of an end state made by it. */
export type StepOutcome = { readonly kind: 'applied'; readonly at: string } | { readonly kind: 'stale' };

/** A durable step as the timeline tells it; the ledger adds time and sequence. */
export interface TimelineEntry {
  readonly kind: string;
  readonly attempt: number;
  readonly branch: string | null;
  readonly instance: string;
  readonly detail: Json;
}

export interface InstanceBeat {
  readonly id: string;
  readonly role: 'coordinator' | 'watchdog';
  /** Where it answers over HTTP, for operators. */
  readonly url: string | null;
  readonly replyPartitions: readonly number[];
}

export interface HeartbeatView {
  readonly alive: readonly InstanceRecord[];
  readonly dead: readonly InstanceRecord[];
}

export interface InstanceRecord extends InstanceBeat {
  readonly silentMs: number;
  readonly startedAt: string;
}

export interface ClaimOptions {
  readonly instanceId: string;
  readonly deadInstances: readonly string[];
  /** Transactions that somebody drives after all: not taken because of their driver. Default none. */
  readonly driven?: readonly string[];
  readonly limit: number;
  /** Moves next_at on so that the next sweep does not take it again. */
  readonly nextInMs: number;
  /** Kind of the timeline entry of each claim; the ledger adds the attempt and, as detail, the former driver: `{ "from": … }`. */
  readonly timelineKind: string;
}

export interface ParticipantOperation {
  readonly name: string;
  readonly styles: readonly ('xa' | 'tcc' | 'saga')[];
  readonly compensates: boolean;
}

export interface ParticipantHello {
  readonly name: string;
  readonly operations: readonly ParticipantOperation[];
  readonly wireVersions: readonly number[];
  readonly instance: string;
  readonly bootId: string;
}

export interface ParticipantRecord {
  readonly name: string;
  readonly operations: readonly ParticipantOperation[];
  readonly wireVersions: readonly number[];
  readonly instances: readonly {
    readonly instance: string;
    readonly bootId: string;
    readonly silentMs: number;
    readonly lastSeenAt: string;
  }[];
  readonly silentMs: number;
  readonly lastSeenAt: string;
}

export interface LedgerState {
  readonly epoch: number;
  readonly hold: boolean;
}

export interface NewDeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** base64, cut at 64 KiB */
  readonly value: string | null;
  readonly truncated: boolean;
  readonly reason: string;
  readonly detail: string;
  readonly app: string;
  readonly instance: string;
}

export interface CollectedTransaction {
  readonly gtx: string;
  readonly attempts: readonly number[];
  readonly branches: readonly { readonly branch: string; readonly participant: string }[];
}

/** An operating fault of the ledger. `ambiguous`: the write may have happened; re-read before anything else (§4). */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  constructor(
    readonly code: 'UNAVAILABLE' | 'CONFLICT' | 'REFUSED',
    message: string,
    readonly ambiguous: boolean,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
