import type { ClaimOptions, StoredTransaction } from '#persistence';
import type { EngineDeps, EngineOptions } from '../deps.js';
import type { Entry } from '../drive/entry.js';
import type { Journal } from '../drive/journal.js';
import type { DriveTable } from '../drive/table.js';
import { RecoveryWindow } from './recovery-window.js';

/** What a sweep came to so far. */
export interface Sweep {
  /** Wall clock of this process in milliseconds. */
  readonly atWallMs: number;
  readonly tookMs: number;
  /** Transactions taken over. */
  readonly taken: number;
}

/** Transactions whose write failed are read again in portions of this size. */
const DOUBTFUL_AT_ONCE = 500;

export interface TakeoverHooks {
  /** Re-send what these call for, and announce what a dead driver may not have. */
  readonly launch: (entries: readonly Entry[]) => Promise<void>;
  /** Ids of the instances that are silent now. */
  readonly dead: () => readonly string[];
  /** Whether answers can come to this process now. */
  readonly hears: () => boolean;
}

/**
 * Takes over what nobody drives: transactions of dead instances, freed ones, neglected ones, and those whose write this process
 * saw fail. A claim moves the version, so the former driver's writes are stale (L8).
 */
export class Takeover {
  private running: Promise<number> | null = null;
  private claimFailed = false;
  private stopped = false;
  private readonly window: RecoveryWindow;
  private last: Sweep | null = null;

  constructor(
    private readonly deps: EngineDeps,
    private readonly options: EngineOptions,
    private readonly instanceId: string,
    private readonly table: DriveTable,
    private readonly journal: Journal,
    private readonly hooks: TakeoverHooks,
  ) {
    this.window = new RecoveryWindow(table, deps.clock, hooks.hears, options.recoveryWindow);
  }

  /** The newest sweep, which may be under way; null before the first. */
  get lastSweep(): Sweep | null {
    return this.last;
  }

  /**
   * Takes all that nobody drives, a window of it at a time: with a large backlog it goes on for as long as that lasts. Calls while
   * one runs share it. Resolves with how many transactions were taken.
   */
  sweep(): Promise<number> {
    this.running ??= this.run().finally(() => (this.running = null));
    return this.running;
  }

  /** Takes nothing more; resolves when the sweep under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.allSettled([this.running]);
  }

  private async run(): Promise<number> {
    const { clock } = this.deps;
    const [atWallMs, beganMs] = [clock.wallMs(), clock.nowMs()];
    let taken = this.claimFailed ? await this.claimOwn() : 0;
    for (let more = true; more;) {
      const portion = await this.portion();
      taken += portion.taken;
      more = portion.more;
      this.last = { atWallMs, tookMs: clock.nowMs() - beganMs, taken };
    }
    return taken;
  }

  /** As much as the window has room for. `more`: there may be more to take. */
  private async portion(): Promise<{ taken: number; more: boolean }> {
    const adopted = await this.adoptDoubtful();
    const room = await this.window.room(() => !this.stopped);
    if (room === 0) return { taken: adopted, more: false };
    const claimed = await this.claimBatch(this.hooks.dead(), room);
    return { taken: adopted + claimed, more: claimed === room };
  }

  /**
   * A claim that failed may have happened: then transactions are ours in the ledger that nobody here knows of, and all the others
   * take them for driven. Before any other claim of this process, which would be taken twice.
   */
  private async claimOwn(): Promise<number> {
    this.claimFailed = false;
    return this.claimBatch([this.instanceId], this.options.recoveryWindow);
  }

  private async claimBatch(dead: readonly string[], limit: number): Promise<number> {
    // TLA+: Load
    const claimed = await this.claim({
      instanceId: this.instanceId,
      deadInstances: dead,
      driven: dead.includes(this.instanceId) ? this.table.driven : [],
      limit,
      nextInMs: this.options.neglectMs,
      timelineKind: 'TAKEN_OVER',
    });
    if (claimed.length === 0) return 0;
    if (this.deps.faults.armed) await this.deps.faults.reach('W1', claimed.length);
    const entries = claimed.map((stored) => this.table.put(stored, 'takeover'));
    this.deps.log.info({ transactions: claimed.length, dead }, 'took over transactions');
    if (this.deps.faults.armed) await this.deps.faults.reach('W2', claimed.length);
    this.window.launched(entries);
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
    const gtxs = this.journal.takeDoubtful(DOUBTFUL_AT_ONCE);
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
