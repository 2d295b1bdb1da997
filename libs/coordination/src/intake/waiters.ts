import { outcomeOf } from '#protocol';
import type { Ledger, StoredTransaction } from '#persistence';
import type { Clock, Log } from '#observability';
import type { Burst } from './burst.js';

/** `decided` = the outcome is set; `applied` = every branch acknowledged its durable final state (api.md §2). */
export type Stage = 'decided' | 'applied';

interface Waiter {
  readonly stage: Stage;
  readonly sinceMs: number;
  /** Monotonic ms after which it waits no longer. */
  readonly untilMs: number;
  readonly resolve: (stored: StoredTransaction | null) => void;
}

/**
 * How often waiters are looked after: those whose time is over are let go, those whose transaction another instance drives are looked
 * up, all in one read. One timer for all of them: most are answered long before their time.
 */
const LOOK_MS = 50;

export function stageReached(stored: StoredTransaction, stage: Stage): boolean {
  return stage === 'decided' ? outcomeOf(stored.tx) !== null : stored.endedAt !== null;
}

/** Callers that wait for a stage. They are told only what is durable: a written step of this process, or a row of the ledger. */
export class Waiters {
  /** A list is emptied before it is taken out: a copy of this map that has grown old may hold it a good while longer. */
  private readonly waiting = new Map<string, Waiter[]>();
  private looking = false;
  private reading = false;

  constructor(
    private readonly ledger: Pick<Ledger, 'load'>,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Transactions this process drives are told by its own steps and need no look-up. */
    private readonly drivenHere: (gtx: string) => boolean,
    private readonly burst: Pick<Burst, 'answered'>,
  ) {}

  /** Resolves with the transaction at the stage, or null when `waitMs` (and up to one look more) passed first. */
  wait(gtx: string, stage: Stage, waitMs: number): Promise<StoredTransaction | null> {
    return new Promise((resolve) => {
      const sinceMs = this.clock.nowMs();
      const waiter: Waiter = { stage, sinceMs, untilMs: sinceMs + waitMs, resolve };
      const others = this.waiting.get(gtx);
      if (others) others.push(waiter);
      else this.waiting.set(gtx, [waiter]);
      this.lookSoon();
    });
  }

  /** A newer durable image. */
  moved(stored: StoredTransaction): void {
    this.settle(stored.tx.gtx, (waiter) => stageReached(stored, waiter.stage), stored);
  }

  /** The process stops: everybody gets what is known (the caller answers 202 with the present state). */
  releaseAll(): void {
    for (const gtx of this.waiting.keys()) this.settle(gtx, () => true, null);
  }

  private settle(gtx: string, isDue: (waiter: Waiter) => boolean, stored: StoredTransaction | null): void {
    const waiters = this.waiting.get(gtx);
    if (!waiters) return;
    for (const waiter of waiters.splice(0)) {
      if (isDue(waiter)) this.answer(waiter, stored);
      else waiters.push(waiter);
    }
    if (waiters.length === 0) this.waiting.delete(gtx);
  }

  private answer({ sinceMs, resolve }: Waiter, stored: StoredTransaction | null): void {
    this.burst.answered(this.clock.nowMs() - sinceMs);
    resolve(stored);
  }

  private lookSoon(): void {
    if (this.looking || this.waiting.size === 0) return;
    this.looking = true;
    this.clock.after(LOOK_MS, () => this.look());
  }

  private look(): void {
    this.looking = false;
    const nowMs = this.clock.nowMs();
    for (const gtx of this.waiting.keys()) this.settle(gtx, ({ untilMs }) => untilMs <= nowMs, null);
    // One read at a time, and nobody's time waits for it.
    if (!this.reading) void this.read();
    this.lookSoon();
  }

  private async read(): Promise<void> {
    const elsewhere = [...this.waiting.keys()].filter((gtx) => !this.drivenHere(gtx));
    if (elsewhere.length === 0) return;
    this.reading = true;
    try {
      for (const stored of await this.ledger.load(elsewhere)) this.moved(stored);
    } catch (error) {
      this.log.debug({ err: error }, 'look-up for waiters failed; the next one repeats it');
    }
    this.reading = false;
  }
}
