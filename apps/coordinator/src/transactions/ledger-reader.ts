import { Batcher } from '#coordination';
import type { Ledger, StoredTransaction } from '#persistence';
import { isGtx } from '../http/transaction-id.js';

interface Read {
  readonly gtx: string;
  readonly resolve: (stored: StoredTransaction | null) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH = 500;

/** Reads transactions by id, always from the ledger; what is asked while a read is under way goes together in the next one. */
export class LedgerReader {
  private readonly batcher: Batcher<Read>;

  constructor(private readonly ledger: Pick<Ledger, 'load'>) {
    this.batcher = new Batcher((batch) => this.load(batch), MAX_BATCH);
  }

  /** null when there is none. Throws LedgerError. */
  read(gtx: string): Promise<StoredTransaction | null> {
    if (!isGtx(gtx)) return Promise.resolve(null);
    return new Promise((resolve, reject) => this.batcher.add({ gtx, resolve, reject }));
  }

  private async load(batch: readonly Read[]): Promise<void> {
    try {
      const rows = await this.ledger.load([...new Set(batch.map(({ gtx }) => gtx))]);
      const byGtx = new Map(rows.map((row) => [row.tx.gtx, row]));
      for (const { gtx, resolve } of batch) resolve(byGtx.get(gtx) ?? null);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
