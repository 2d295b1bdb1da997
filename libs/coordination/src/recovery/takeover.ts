import type { ClaimOptions, InstanceRecord, StoredTransaction } from '#persistence';
import type { EngineDeps, EngineOptions } from '../deps.js';
import type { Entry } from '../drive/entry.js';
import type { Journal } from '../drive/journal.js';
import type { DriveTable } from '../drive/table.js';

/** Claims under way at once: a backlog is drained in parallel batches. */
const LANES = 4;

export interface TakeoverHooks {
  /** Re-send what these call for, and announce what a dead driver may not have. */
  readonly launch: (entries: readonly Entry[]) => Promise<void>;
}

/**
 * Takes over what nobody drives: transactions of dead instances, freed ones, neglected ones, and those whose write this process
 * saw fail. A claim moves the version, so the former driver's writes are stale (L8).
 */
export class Takeover {
  private running: Promise<number> | null = null;
  private claimFailed = false;

  constructor(
    private readonly deps: EngineDeps,
    private readonly options: EngineOptions,
    private readonly instanceId: string,
    private readonly table: DriveTable,
    private readonly journal: Journal,
    private readonly hooks: TakeoverHooks,
  ) {}

  /** One sweep; calls while one runs share it. Resolves with how many transactions were taken. */
  sweep(dead: readonly Pick<InstanceRecord, 'id'>[]): Promise<number> {
    this.running ??= this.run(dead.map((instance) => instance.id)).finally(() => (this.running = null));
    return this.running;
  }

  idle(): Promise<unknown> {
    return this.running ?? Promise.resolve();
  }

  private async run(dead: readonly string[]): Promise<number> {
    const doubtful = await this.adoptDoubtful();
    const lost = this.claimFailed ? await this.claimOwn() : 0;
    const lanes = Array.from({ length: LANES }, () => this.lane(dead));
    const taken = await Promise.all(lanes);
    return taken.reduce((sum, count) => sum + count, doubtful + lost);
  }

  /**
   * A claim that failed may have happened: then transactions are ours in the ledger that nobody here knows of, and all the others
   * take them for driven. Before any other claim of this process, which would be taken twice.
   */
  private async claimOwn(): Promise<number> {
    this.claimFailed = false;
    return this.lane([this.instanceId]);
  }

  private async lane(dead: readonly string[]): Promise<number> {
    let taken = 0;
    for (let more = true; more;) {
      const count = await this.claimBatch(dead);
      taken += count;
      more = count === this.options.claimLimit;
    }
    return taken;
  }

  private async claimBatch(dead: readonly string[]): Promise<number> {
    // TLA+: Load
    const { claimLimit, neglectMs } = this.options;
    const claimed = await this.claim({
      instanceId: this.instanceId,
      deadInstances: dead,
      driven: dead.includes(this.instanceId) ? this.table.driven : [],
      limit: claimLimit,
      nextInMs: neglectMs,
      timelineKind: 'TAKEN_OVER',
    });
    if (claimed.length === 0) return 0;
    if (this.deps.faults.armed) await this.deps.faults.reach('W1', claimed.length);
    const entries = claimed.map((stored) => this.table.put(stored, 'takeover'));
    this.deps.log.info({ transactions: claimed.length, dead }, 'took over transactions');
    if (this.deps.faults.armed) await this.deps.faults.reach('W2', claimed.length);
    await this.hooks.launch(entries);
    return claimed.length;
  }

  private async claim(options: ClaimOptions): Promise<readonly StoredTransaction[]> {
    try {
      return await this.deps.ledger.claim(options);
    } catch (error) {
      this.claimFailed = true;
      throw error;
    }
  }

  /**
   * A failed write may have happened: read the rows again; ours are driven on, nothing is assumed. One that has ended is nobody's
   * any more: unless it is announced here, its initiator hears of it only when it asks.
   */
  private async adoptDoubtful(): Promise<number> {
    const gtxs = this.journal.takeDoubtful(this.options.claimLimit);
    if (gtxs.length === 0) return 0;
    try {
      const stored = await this.deps.ledger.load(gtxs);
      const ours = stored.filter(({ driver }) => driver === this.instanceId);
      await this.hooks.launch(ours.map((one) => this.table.put(one, 'overdue')));
      const over = ours.filter(({ endedAt }) => endedAt !== null);
      for (const { tx } of over) this.table.drop(tx.gtx);
      return ours.length - over.length;
    } catch (error) {
      this.journal.doubt(gtxs);
      throw error;
    }
  }
}
