import { backoffMs, type BackoffOptions } from '#protocol';
import { Claims } from './claims.js';
import type { OutboxDeps, OutboxOptions } from './outbox-deps.js';
import { outcomeIn, type OutcomeHandler, type TransactionOutcome } from './outcome.js';
import { Pump } from './pump.js';

const REDELIVERY_BACKOFF: BackoffOptions = { baseMs: 100, capMs: 10_000, jitter: 0.2 };

/** Outcomes to be told together, leased to this process. */
interface Group {
  readonly outcomes: readonly TransactionOutcome[];
  readonly failures: number;
  readonly dueMs: number;
  /** From then on their lease is renewed no more, and this process lets go of them. */
  readonly heldUntilMs: number;
}

/**
 * Calls the outcome handlers, at least once for every end.
 *
 * Invariants: H1 an end is marked delivered only after every handler took it. H2 what a handler failed to take it hears again,
 *   soon and then ever more seldom, here or in another process. H3 a failing group is halved each time, so that one outcome
 *   that always fails does not hold up the others. H4 a claim lasts only while its process renews it, and for `handlerLeaseMs` at most.
 */
export class OutcomeDelivery {
  private readonly pump: Pump;
  private readonly claims: Claims;
  private readonly handlers: OutcomeHandler[] = [];
  private failed: readonly Group[] = [];

  constructor(
    private readonly deps: OutboxDeps,
    private readonly options: OutboxOptions,
  ) {
    this.pump = new Pump('outcome-delivery', () => this.turn(), deps);
    this.claims = new Claims(deps, this.leaseMs);
  }

  /** Every handler hears every outcome. Register before `start`. */
  add(handler: OutcomeHandler): void {
    this.handlers.push(handler);
  }

  /** Where nobody listens outcomes are kept, for a process where somebody does (unless they are to be ignored). */
  start(): void {
    if (this.handlers.length > 0 || this.options.ignoreOutcomes) this.pump.start();
  }

  wake(): void {
    this.pump.wake();
  }

  /** Waits for the handlers under way. What is left is delivered by another process, or at the next start. */
  async stop(): Promise<void> {
    await this.pump.stop();
    await this.claims.stop();
  }

  private get leaseMs(): number {
    return Math.min(this.options.leaseMs, this.options.handlerLeaseMs);
  }

  private async turn(): Promise<number> {
    await this.deliverDue();
    const { maxBatch, handlerLeaseMs, pollMs } = this.options;
    const dueMs = this.deps.clock.nowMs();
    const ended = await this.deps.store.claimEnded({ limit: maxBatch, leaseMs: this.leaseMs });
    if (ended.length > 0) {
      const group = { outcomes: ended.map(outcomeIn), dueMs, heldUntilMs: dueMs + handlerLeaseMs };
      this.forget(gtxsOf(group.outcomes));
      this.claims.hold(gtxsOf(group.outcomes), group.heldUntilMs);
      await this.deliver({ ...group, failures: 0 });
    }
    return ended.length < maxBatch ? this.pauseMs(pollMs) : 0;
  }

  /** What was due when it began: a handler that fails slowly must not keep what is new from being claimed. */
  private async deliverDue(): Promise<void> {
    const beganMs = this.deps.clock.nowMs();
    for (let group = this.takeDue(beganMs); group; group = this.takeDue(beganMs)) await this.deliver(group);
  }

  /** One at a time: what is not taken out is still there when telling it fails. */
  private takeDue(beganMs: number): Group | undefined {
    const nowMs = this.deps.clock.nowMs();
    this.failed = this.failed.filter(({ heldUntilMs }) => heldUntilMs > nowMs);
    const due = this.failed.find(({ dueMs }) => dueMs <= beganMs);
    this.failed = this.failed.filter((group) => group !== due);
    return due;
  }

  /** Claimed anew, since a lease was not renewed in time: they are told once, as what was claimed. */
  private forget(gtxs: readonly string[]): void {
    const again = new Set(gtxs);
    this.failed = this.failed
      .map((group) => ({ ...group, outcomes: group.outcomes.filter(({ gtx }) => !again.has(gtx)) }))
      .filter(({ outcomes }) => outcomes.length > 0);
  }

  private pauseMs(pollMs: number): number {
    const nowMs = this.deps.clock.nowMs();
    return Math.max(1, Math.min(pollMs, ...this.failed.map(({ dueMs }) => dueMs - nowMs)));
  }

  private async deliver(group: Group): Promise<void> {
    this.deps.metrics.observe('concordat_batch_size', group.outcomes.length, { stage: 'outbox_outcome' });
    const refused = await this.tell(group.outcomes);
    const taken = gtxsOf(group.outcomes).filter((gtx) => !refused.has(gtx));
    this.retry({ ...group, outcomes: group.outcomes.filter(({ gtx }) => refused.has(gtx)) });
    await this.markTold(taken);
  }

  private async markTold(gtxs: readonly string[]): Promise<void> {
    try {
      if (gtxs.length > 0) await this.deps.store.delivered(gtxs);
    } finally {
      // Where it failed they are told again, after the lease.
      this.claims.release(gtxs);
    }
  }

  /** Ids of the outcomes that some handler did not take. */
  private async tell(outcomes: readonly TransactionOutcome[]): Promise<ReadonlySet<string>> {
    try {
      const refused = new Set<string>();
      for (const handler of this.handlers)
        for (const gtx of (await handler(outcomes)) ?? []) refused.add(gtx);
      return refused;
    } catch (error) {
      const fields = { err: error, outcomes: outcomes.length, gtx: outcomes[0]?.gtx };
      this.deps.log.warn(fields, 'an outcome handler failed; it is called again');
      return new Set(outcomes.map(({ gtx }) => gtx));
    }
  }

  private retry({ outcomes, failures, heldUntilMs }: Group): void {
    const backoff = backoffMs(failures, this.deps.random.next(), REDELIVERY_BACKOFF);
    const dueMs = this.deps.clock.nowMs() + backoff;
    // Past the lease the store hands them out again, to whoever asks first.
    if (dueMs >= heldUntilMs) return this.claims.release(gtxsOf(outcomes));
    const half = Math.ceil(outcomes.length / 2);
    const parts = [outcomes.slice(0, half), outcomes.slice(half)].filter((part) => part.length > 0);
    const groups = parts.map((part) => ({ outcomes: part, failures: failures + 1, dueMs, heldUntilMs }));
    this.failed = [...this.failed, ...groups];
  }
}

const gtxsOf = (outcomes: readonly TransactionOutcome[]): readonly string[] => outcomes.map(({ gtx }) => gtx);
