import { Fallback, Mode, begin, beginFacts, planFaults } from '#protocol';
import type { Transaction } from '#protocol';
import type { BeginOutcome, Ledger, NewTransaction, StoredTransaction } from '#persistence';
import { canonicalBodyHash } from '#wire';
import type { BeginRequest } from '#wire';
import { Batcher } from '../batcher.js';
import type { EngineDeps, EngineOptions } from '../deps.js';
import { timelineEntry } from '../drive/write.js';
import { BeginRejected } from './begin-rejected.js';
import type { Burst } from './burst.js';
import { idFault } from './id-age.js';
import { registryFaults } from './registry-faults.js';
import type { Registry } from './registry.js';

/** A request as it came in, already of the right shape (`beginRequestSchema`). */
export interface Submission {
  readonly request: BeginRequest;
  readonly idempotencyKey: string | null;
  /** Hears ACCEPTED, REJECTED and OUTCOME over Kafka; null for HTTP. */
  readonly initiator: string | null;
  readonly traceparent: string | null;
}

export interface Accepted {
  readonly stored: StoredTransaction;
  /** False when the same request was accepted before, or a tombstone was met. */
  readonly created: boolean;
}

interface Pending {
  readonly submission: Submission;
  readonly transaction: NewTransaction;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
}

export interface SubmissionHooks {
  readonly instanceId: string;
  readonly ledgerEpoch: () => number;
  /** Wall clock of the ledger: ours may be wrong, and two instances must not judge an id differently. */
  readonly ledgerWallMs: () => number;
  readonly inflight: () => number;
  readonly burst: Burst;
  /** D1 is durable: hold these in memory and send what they call for. */
  readonly created: (stored: readonly StoredTransaction[]) => Promise<void>;
  /** D1 may or may not have happened. */
  readonly doubt: (gtxs: readonly string[]) => void;
}

/** D1: accepts requests in batches, one ledger call each. Throws BeginRejected for what can never be accepted, LedgerError when the ledger is away. */
export class SubmissionDesk {
  private readonly batcher: Batcher<Pending>;

  constructor(
    private readonly deps: EngineDeps,
    private readonly options: EngineOptions,
    private readonly registry: Registry,
    private readonly hooks: SubmissionHooks,
  ) {
    this.batcher = new Batcher(
      (batch) => this.write(batch),
      options.maxBatch,
      (size) => hooks.burst.over(size),
    );
  }

  /** Resolves once the request is durable (or was before). */
  async submit(submission: Submission): Promise<Accepted> {
    // Whoever submits over Kafka is not answered by us, and comes in batches anyway.
    if (submission.initiator === null) this.hooks.burst.asked();
    const rejection = await this.rejectionOf(submission.request);
    if (rejection) return this.acceptedBefore(submission.request, rejection);
    const transaction = this.newTransaction(submission);
    return new Promise((resolve, reject) => this.batcher.add({ submission, transaction, resolve, reject }));
  }

  idle(): Promise<void> {
    return this.batcher.idle();
  }

  /** A caller that lost the answer asks again: what was accepted then is not refused now, whatever has changed since. */
  private async acceptedBefore(request: BeginRequest, rejection: BeginRejected): Promise<Accepted> {
    if (!request.id) throw rejection;
    const [stored] = await this.deps.ledger.load([request.id]);
    const same = stored && (stored.tombstone || stored.bodyHash === canonicalBodyHash(request));
    if (!same) throw rejection;
    return { stored, created: false };
  }

  private async rejectionOf(request: BeginRequest): Promise<BeginRejected | null> {
    const rejection = this.overload() ?? this.idRejection(request.id) ?? planRejection(request);
    if (rejection) return rejection;
    const names = request.branches.map((branch) => branch.participant);
    const [missing, ...more] = registryFaults(request, await this.registry.find(names));
    return missing ? new BeginRejected(missing.code, missing.detail, [missing, ...more]) : null;
  }

  private overload(): BeginRejected | null {
    const isFull = this.hooks.inflight() + this.batcher.size >= this.options.maxInflight;
    return isFull ? new BeginRejected('OVERLOAD', 'too many transactions in flight') : null;
  }

  private idRejection(id: string | undefined): BeginRejected | null {
    const fault = id ? idFault(id, this.hooks.ledgerWallMs(), this.options) : null;
    return fault ? new BeginRejected(fault, `id ${id}`, [{ pointer: '/id', detail: fault }]) : null;
  }

  private newTransaction({ request, idempotencyKey, initiator, traceparent }: Submission): NewTransaction {
    const { hooks, options } = this;
    const tx = this.image(request);
    const limitMs = tx.mode === Mode.Saga ? options.sagaTimeoutMs : tx.timeoutMs;
    return {
      tx,
      bodyHash: canonicalBodyHash(request),
      idempotencyKey,
      businessKey: request.businessKey ?? null,
      description: request.description ?? null,
      deadlineInMs: limitMs,
      nextInMs: (tx.mode === Mode.Saga ? 0 : limitMs) + options.neglectMs,
      driver: hooks.instanceId,
      traceparent,
      initiator,
      timeline: beginFacts(tx).map((fact) => timelineEntry(fact, hooks.instanceId)),
    };
  }

  private image(request: BeginRequest): Transaction {
    return begin({
      gtx: request.id ?? this.deps.random.uuidv7(),
      mode: request.mode,
      fallback: request.mode === Mode.Saga ? Fallback.None : request.fallback,
      timeoutMs: request.timeoutMs ?? this.options.prepareTimeoutMs,
      ledgerEpoch: this.hooks.ledgerEpoch(),
      branches: request.branches,
    });
  }

  private async write(batch: readonly Pending[]): Promise<void> {
    this.deps.metrics.observe('concordat_batch_size', batch.length, { stage: 'begin' });
    try {
      if (this.deps.faults.armed) await this.deps.faults.reach('C1', batch.length);
      const outcomes = await this.begin(batch);
      if (this.deps.faults.armed) await this.deps.faults.reach('C2', batch.length);
      await this.hooks.created(
        outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.stored] : [])),
      );
      batch.forEach((pending, at) => answer(pending, outcomes[at]!));
    } catch (error) {
      for (const pending of batch) pending.reject(error);
    }
  }

  /** A failed D1 may have happened all the same: those ids are read again, so that nothing accepted is left undriven (G3). */
  private async begin(batch: readonly Pending[]): Promise<Awaited<ReturnType<Ledger['begin']>>> {
    try {
      return await this.deps.ledger.begin(batch.map((pending) => pending.transaction));
    } catch (error) {
      this.hooks.doubt(batch.map((pending) => pending.transaction.tx.gtx));
      throw error;
    }
  }
}

function planRejection(request: BeginRequest): BeginRejected | null {
  const faults = planFaults(request);
  if (faults.length === 0) return null;
  return new BeginRejected('IMPOSSIBLE_PLAN', 'the plan cannot be carried out', faults);
}

function answer(pending: Pending, outcome: BeginOutcome): void {
  if (outcome.kind === 'held')
    return pending.reject(new BeginRejected('HELD', 'the ledger is in recovery hold'));
  if (outcome.kind === 'existing' && !outcome.sameBody && !outcome.stored.tombstone) {
    const detail = `transaction ${outcome.stored.tx.gtx} was requested with another body`;
    return pending.reject(new BeginRejected('BODY_MISMATCH', detail));
  }
  pending.resolve({ stored: outcome.stored, created: outcome.kind === 'created' });
}
