import { outcomeOf } from '#protocol';
import type { Ledger, StoredTransaction } from '#persistence';
import type { Clock, Log } from '#observability';

/** `decided` = the outcome is set; `applied` = every branch acknowledged its durable final state (api.md §2). */
export type Stage = 'decided' | 'applied';

interface Waiter {
  readonly stage: Stage;
  readonly resolve: (stored: StoredTransaction | null) => void;
  readonly cancel: () => void;
}

/** How often waiters whose transaction another instance drives are looked up, all in one read. */
const LOOK_MS = 50;

export function stageReached(stored: StoredTransaction, stage: Stage): boolean {
  return stage === 'decided' ? outcomeOf(stored.tx) !== null : stored.endedAt !== null;
}

/** Callers that wait for a stage. They are told only what is durable: a written step of this process, or a row of the ledger. */
export class Waiters {
  private readonly waiting = new Map<string, Set<Waiter>>();
  private looking: (() => void) | null = null;

  constructor(
    private readonly ledger: Pick<Ledger, 'load'>,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Transactions this process drives are told by its own steps and need no look-up. */
    private readonly drivenHere: (gtx: string) => boolean,
  ) {}

  /** Resolves with the transaction at the stage, or null when `waitMs` passed first. */
  wait(gtx: string, stage: Stage, waitMs: number): Promise<StoredTransaction | null> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(waitMs, () => this.settle(gtx, waiter, null));
      const waiter: Waiter = { stage, resolve, cancel };
      const waiters = this.waiting.get(gtx) ?? new Set();
      this.waiting.set(gtx, waiters.add(waiter));
      this.lookSoon();
    });
  }

  /** A newer durable image. */
  moved(stored: StoredTransaction): void {
    for (const waiter of this.waiting.get(stored.tx.gtx) ?? []) {
      if (stageReached(stored, waiter.stage)) this.settle(stored.tx.gtx, waiter, stored);
    }
  }

  /** The process stops: everybody gets what is known (the caller answers 202 with the present state). */
  releaseAll(): void {
    for (const [gtx, waiters] of this.waiting) for (const waiter of waiters) this.settle(gtx, waiter, null);
  }

  private settle(gtx: string, waiter: Waiter, stored: StoredTransaction | null): void {
    waiter.cancel();
    const waiters = this.waiting.get(gtx);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.waiting.delete(gtx);
    waiter.resolve(stored);
  }

  private lookSoon(): void {
    if (this.looking || this.waiting.size === 0) return;
    this.looking = this.clock.after(LOOK_MS, () => void this.look());
  }

  private async look(): Promise<void> {
    const elsewhere = [...this.waiting.keys()].filter((gtx) => !this.drivenHere(gtx));
    try {
      if (elsewhere.length > 0) for (const stored of await this.ledger.load(elsewhere)) this.moved(stored);
    } catch (error) {
      this.log.debug({ err: error }, 'look-up for waiters failed; the next one repeats it');
    }
    this.looking = null;
    this.lookSoon();
  }
}
