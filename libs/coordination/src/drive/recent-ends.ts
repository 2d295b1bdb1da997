import { LAZY_MS } from '#persistence';
import type { Clock } from '#observability';

/** Well behind the moment from which the ledger keeps an end for good. */
const REMEMBERED_MS = 3 * LAZY_MS;

interface RecentEnd {
  readonly gtx: string;
  readonly atMs: number;
  /** How many sessions the ledger had lost when the end was on its way, or when it was last read again. */
  sessionsLost: number;
}

/**
 * Transactions that ended here a moment ago. Their end was told before it was durable (L4), and nobody drives them any more: when the
 * ledger may have lost some, all of them are to be read again. What is found ended may still be lost by a second crash.
 */
export class RecentEnds {
  private ends: RecentEnd[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly ledger: { readonly sessionsLost: number },
  ) {}

  /** `sessionsLost`: of the ledger, before the end was written. A crash may have taken it before its answer came. */
  add(gtx: string, sessionsLost: number): void {
    this.ends.push({ gtx, atMs: this.clock.nowMs(), sessionsLost });
  }

  /** What may have been lost since the last call; to be called while the ledger answers. */
  doubtful(): readonly string[] {
    const { sessionsLost } = this.ledger;
    const lost = this.ends.filter((end) => end.sessionsLost !== sessionsLost);
    for (const end of lost) end.sessionsLost = sessionsLost;
    const sinceMs = this.clock.nowMs() - REMEMBERED_MS;
    const young = this.ends.findIndex(({ atMs }) => atMs >= sinceMs);
    this.ends = young < 0 ? [] : this.ends.slice(young);
    return lost.map(({ gtx }) => gtx);
  }
}
