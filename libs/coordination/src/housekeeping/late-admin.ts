import type { AuditEntry, LedgerAdmin, LedgerState, NewAuditEntry, Page, PageRequest, StoredDeadLetter, StoredTimelineEntry, StoredTransaction, TransactionFilter } from '#persistence'; // prettier-ignore
import type { Json } from '#protocol';

type Closable = LedgerAdmin & { close(): Promise<void> };
type Waiting = Awaited<ReturnType<LedgerAdmin['waiting']>>;

/**
 * The admin side of a ledger that may be away when the process starts: connects at the first call that finds it there. A call
 * that does not rejects as `open` does (LedgerError), and the next one tries again.
 */
export class LateAdmin implements LedgerAdmin {
  private opened: Promise<Closable> | null = null;

  constructor(private readonly open: () => Promise<Closable>) {}

  async list(filter: TransactionFilter, page: PageRequest): Promise<Page<StoredTransaction>> {
    return (await this.admin()).list(filter, page);
  }

  async timeline(gtx: string): Promise<readonly StoredTimelineEntry[]> {
    return (await this.admin()).timeline(gtx);
  }

  async unresolved(
    filter: { olderThanMs: number; participant?: string },
    page: PageRequest,
  ): Promise<Page<StoredTransaction>> {
    return (await this.admin()).unresolved(filter, page);
  }

  async waiting(): Promise<Waiting> {
    return (await this.admin()).waiting();
  }

  async appendAudit(entry: NewAuditEntry): Promise<AuditEntry> {
    return (await this.admin()).appendAudit(entry);
  }

  async audit(page: PageRequest): Promise<Page<AuditEntry>> {
    return (await this.admin()).audit(page);
  }

  async deadLetters(
    filter: { reason?: string; topic?: string },
    page: PageRequest,
  ): Promise<Page<StoredDeadLetter>> {
    return (await this.admin()).deadLetters(filter, page);
  }

  async deadLetter(id: string): Promise<StoredDeadLetter | null> {
    return (await this.admin()).deadLetter(id);
  }

  async markRequeued(id: string, by: string): Promise<void> {
    return (await this.admin()).markRequeued(id, by);
  }

  async setHold(hold: boolean, options?: { raiseEpoch?: boolean }): Promise<LedgerState> {
    return (await this.admin()).setHold(hold, options);
  }

  async waitingLocks(): Promise<readonly Json[]> {
    return (await this.admin()).waitingLocks();
  }

  async close(): Promise<void> {
    if (this.opened) await (await this.opened).close();
  }

  private admin(): Promise<Closable> {
    this.opened ??= this.open().catch((error: unknown) => {
      this.opened = null;
      throw error;
    });
    return this.opened;
  }
}
