import type { PumpDeps } from './pump.js';
import type { OutboxStore } from '#persistence';

/** How often a claim is renewed within its lease: one renewal may fail. */
const RENEWALS_A_LEASE = 3;

export interface ClaimsDeps extends Pick<PumpDeps, 'clock' | 'log'> {
  readonly store: Pick<OutboxStore, 'renewEnded'>;
}

/**
 * The ends this process has claimed and not yet told: their leases are renewed while it lives, and not beyond the time it may have
 * them. So a lease can be short: what a dead process had claimed, or a claim whose answer was lost, is soon another's.
 */
export class Claims {
  /** gtx → monotonic ms until which it may be held. */
  private readonly held = new Map<string, number>();
  private cancel: (() => void) | null = null;
  private renewing: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: ClaimsDeps,
    private readonly leaseMs: number,
  ) {}

  hold(gtxs: readonly string[], untilMs: number): void {
    for (const gtx of gtxs) this.held.set(gtx, untilMs);
    this.renewSoon();
  }

  release(gtxs: readonly string[]): void {
    for (const gtx of gtxs) this.held.delete(gtx);
  }

  /** Renews no more, once a renewal under way has ended: what is held is another's after the lease. */
  stop(): Promise<void> {
    this.cancel?.();
    this.held.clear();
    return this.renewing;
  }

  private renewSoon(): void {
    this.cancel ??= this.deps.clock.after(this.leaseMs / RENEWALS_A_LEASE, () => {
      this.cancel = null;
      const before = this.renewing;
      this.renewing = Promise.all([before, this.renew()]).then(() => undefined);
      // Not after it: one that hangs must not keep the next.
      if (this.held.size > 0) this.renewSoon();
    });
  }

  private async renew(): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    this.release([...this.held].flatMap(([gtx, untilMs]) => (untilMs <= nowMs ? gtx : [])));
    try {
      await this.deps.store.renewEnded([...this.held.keys()], { leaseMs: this.leaseMs });
    } catch (error) {
      const fields = { err: error, outcomes: this.held.size };
      this.deps.log.warn(fields, 'outcomes under way could not be kept: another process may tell them, too');
    }
  }
}
