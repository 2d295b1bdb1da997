import type { ClaimOptions, StoredTransaction } from '#persistence';
import type { EngineDeps, EngineOptions } from '../deps.js';
import type { Entry } from '../drive/entry.js';
import type { Journal } from '../drive/journal.js';
import type { DriveTable } from '../drive/table.js';
import { RecoveryWindow } from './recovery-window.js';

/** What a sweep came to. */
export interface Sweep {
  /** Wall clock of this process in milliseconds. */
  readonly atWallMs: number;
  readonly tookMs: number;
  /** Transactions taken over. */
  readonly taken: number;
}

/** Transactions whose write failed are read again in portions of this size. */
const DOUBTFUL_AT_ONCE = 500;

/** While the window is full, it is looked at again after this long. */
const FULL_LOOK_MS = 20;

export interface TakeoverHooks {
  /** Re-send what these call for, and announce what a dead driver may not have. */
  readonly launch: (entries: readonly Entry[]) => Promise<void>;
  /** Ids of the instances that are silent now. */
  readonly dead: () => readonly string[];
  /** Whether answers can come to this process now. */
  readonly hears: () => boolean;
  /** Whether this process moves what it has: others take over from one that does not. */
  readonly working: () => boolean;
}

/**
 * Takes over what nobody drives: transactions of dead instances, freed ones, neglected ones, and those whose write this process
 * saw fail. A claim moves the version, so the former driver's writes are stale (L8).
 */
export class Takeover {
  private running: Promise<number> | null = null;
  private claimFailed = false;
  private stopped = false;
  private cancelNext = (): void => undefined;
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

  /** The last sweep that ended; null before the first. */
  get lastSweep(): Sweep | null {
    return this.last;
  }

  /**
   * Takes as much as there is room for; where there is more, it goes on by itself as room comes. Calls while one runs share it.
   * Resolves with how many transactions were taken now.
   */
  sweep(): Promise<number> {
    this.running ??= this.run().finally(() => (this.running = null));
    return this.running;
  }

  /** Takes nothing more; resolves when the sweep under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelNext();
    await Promise.allSettled([this.running]);
  }

  private async run(): Promise<number> {
    const { clock } = this.deps;
    const [atWallMs, beganMs] = [clock.wallMs(), clock.nowMs()];
    this.cancelNext();
    let taken = await this.adoptDoubtful();
    for (let more = true; more && !this.stopped;) {
      const room = this.window.room();
      const claimed = room > 0 ? await this.claimBatch(room) : 0;
      taken += claimed;
      more = room > 0 && claimed === room;
      if (room === 0) this.goOn();
    }
    this.last = { atWallMs, tookMs: clock.nowMs() - beganMs, taken };
    return taken;
  }

  private goOn(): void {
    const failed = (error: unknown): void =>
      this.deps.log.warn({ err: error }, 'sweep failed; the next one repeats it');
    this.cancelNext = this.deps.clock.after(FULL_LOOK_MS, () => {
      if (!this.stopped && this.hooks.working()) void this.sweep().catch(failed);
    });
  }

  /**
   * A claim that failed may have happened: then transactions are ours in the ledger that nobody here knows of, and all the others
   * take them for driven. Until a claim found no more than it had room for, this process counts as dead, too: what it drives is left out.
   */
  private async claimBatch(limit: number): Promise<number> {
    // TLA+: Load
    const lost = this.claimFailed;
    const dead = [...this.hooks.dead(), ...(lost ? [this.instanceId] : [])];
    const claimed = await this.claim({
      instanceId: this.instanceId,
      deadInstances: dead,
      driven: dead.includes(this.instanceId) ? this.table.driven : [],
      limit,
      nextInMs: this.options.neglectMs,
      timelineKind: 'TAKEN_OVER',
    });
    if (lost && claimed.length < limit) this.claimFailed = false;
    if (claimed.length > 0) await this.launch(claimed, dead);
    return claimed.length;
  }

  private async launch(claimed: readonly StoredTransaction[], dead: readonly string[]): Promise<void> {
    if (this.deps.faults.armed) await this.deps.faults.reach('W1', claimed.length);
    const entries = claimed.map((stored) => this.table.put(stored, 'takeover'));
    this.window.launched(entries);
    this.deps.log.info({ transactions: claimed.length, dead }, 'took over transactions');
    if (this.deps.faults.armed) await this.deps.faults.reach('W2', claimed.length);
    await this.hooks.launch(entries);
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
