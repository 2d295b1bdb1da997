import { LAZY_MS } from '#persistence';
import type { Clock } from '#observability';

/** Well behind the moment from which the ledger keeps an end for good. */
const REMEMBERED_MS = 3 * LAZY_MS;

/**
 * Transactions that ended here a moment ago. Their end was told before it was durable (L4), and nobody drives them any more: when the
 * ledger may have lost some, all of them are to be read again.
 */
export class RecentEnds {
  private ends: { readonly gtx: string; readonly atMs: number }[] = [];
  private sessionsLost = 0;

  constructor(
    private readonly clock: Clock,
    private readonly ledger: { readonly sessionsLost: number },
  ) {}

  add(gtx: string): void {
    this.ends.push({ gtx, atMs: this.clock.nowMs() });
  }

  /** What may have been lost since the last call; to be called while the ledger answers. */
  doubtful(): readonly string[] {
    const { sessionsLost } = this.ledger;
    const lost = sessionsLost !== this.sessionsLost;
    this.sessionsLost = sessionsLost;
    if (lost) return this.ends.splice(0).map(({ gtx }) => gtx);
    const sinceMs = this.clock.nowMs() - REMEMBERED_MS;
    const young = this.ends.findIndex(({ atMs }) => atMs >= sinceMs);
    this.ends = young < 0 ? [] : this.ends.slice(young);
    return [];
  }
}
