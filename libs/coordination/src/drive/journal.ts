import { currentAttempt, outcomeOf } from '#protocol';
import type { Change, Drive } from '#protocol';
import type { Clock, Log, Metrics } from '#observability';
import type { Waiters } from '../intake/waiters.js';
import { viewOf } from './entry.js';
import type { RecentEnds } from './recent-ends.js';
import type { Entry } from './entry.js';

/** Tells the rest of the process what was written: waiters, metrics, one log line a transaction. Never decides anything. */
export class Journal {
  private readonly doubtful = new Set<string>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: Metrics,
    private readonly waiters: Waiters,
    private readonly recentEnds: RecentEnds,
  ) {}

  /** `sessionsLost`: of the ledger, before the write. */
  wrote(entry: Entry, before: Drive, change: Change, sessionsLost: number): void {
    this.waiters.moved(viewOf(entry));
    const outcome = outcomeOf(entry.drive.tx);
    if (outcome !== null && outcomeOf(before.tx) === null) this.outcome(entry, outcome);
    if (change.ended) this.ended(entry, sessionsLost);
  }

  /** Somebody else moved it and we read it. */
  moved(entry: Entry): void {
    this.waiters.moved(viewOf(entry));
  }

  /** A write of these may or may not have happened: they must be read again once the ledger answers. */
  doubt(gtxs: readonly string[]): void {
    for (const gtx of gtxs) this.doubtful.add(gtx);
  }

  takeDoubtful(limit: number): readonly string[] {
    this.doubt(this.recentEnds.doubtful());
    const taken = [...this.doubtful].slice(0, limit);
    for (const gtx of taken) this.doubtful.delete(gtx);
    return taken;
  }

  private outcome(entry: Entry, outcome: string): void {
    const { mode } = currentAttempt(entry.drive.tx);
    this.metrics.count('concordat_transactions_total', { mode, outcome });
    this.observeSince(entry, 'decided');
  }

  private ended(entry: Entry, sessionsLost: number): void {
    const { tx } = entry.drive;
    this.recentEnds.add(tx.gtx, sessionsLost);
    this.observeSince(entry, 'applied');
    if (entry.recovered) this.metrics.count('concordat_recovered_total', { reason: entry.recovered });
    const detail = { gtx: tx.gtx, state: tx.state, attempt: tx.attempt, recovered: entry.recovered };
    if (entry.recovered) this.log.info(detail, 'transaction recovered');
    else this.log.debug(detail, 'transaction ended');
  }

  private observeSince(entry: Entry, phase: string): void {
    const seconds = (this.clock.nowMs() - entry.sinceMs) / 1000;
    const { mode } = currentAttempt(entry.drive.tx);
    this.metrics.observe('concordat_transaction_duration_seconds', seconds, { mode, phase });
    if (entry.recovered && phase === 'applied')
      this.metrics.observe('concordat_recovery_duration_seconds', seconds);
  }
}
