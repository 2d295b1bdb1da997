import type { LedgerAdmin, StoredTransaction } from '#persistence';

/**
 * Live transactions with a branch at a participant, page by page over the sweeps: what cannot be ended now (it needs the
 * participant's own code) never hides what comes behind it.
 */
export class UnresolvedWalk {
  private readonly cursors = new Map<string, string>();

  constructor(private readonly admin: Pick<LedgerAdmin, 'unresolved'>) {}

  /** The next page; begins anew after the last one. */
  async next(participant: string, limit: number): Promise<readonly StoredTransaction[]> {
    const cursor = this.cursors.get(participant) ?? null;
    const page = await this.admin.unresolved({ olderThanMs: 0, participant }, { limit, cursor });
    if (page.nextCursor === null) this.cursors.delete(participant);
    else this.cursors.set(participant, page.nextCursor);
    return page.items;
  }
}
