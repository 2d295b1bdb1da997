import type { Clock } from '#observability';
import type { Entry } from '../drive/entry.js';
import type { DriveTable } from '../drive/table.js';

/** Time for the first answer to a transaction just taken over: without one it leaves the window, since nobody may be there to give it. */
const FIRST_ANSWER_MS = 100;
const LOOK_MS = 20;
/** Room is filled once this part of the window is free: batches of one would cost more than they hasten. */
const WORTH_A_CLAIM = 1 / 4;

interface Launched {
  readonly gtx: string;
  readonly atMs: number;
}

/**
 * How many transactions may be taken over now. A backlog that is asked for all at once stands in every participant's queue before
 * whatever is new; a window of it shares them. What waits for participants that do not answer takes no room: the dead hold up nobody.
 * While this process hears no answers at all, one window is asked for, and no more.
 * Owns no safety: what is not taken now is taken later, here or elsewhere.
 */
export class RecoveryWindow {
  private underWay: readonly Launched[] = [];

  constructor(
    private readonly table: DriveTable,
    private readonly clock: Clock,
    private readonly hears: () => boolean,
    private readonly size: number,
  ) {}

  launched(entries: readonly Entry[]): void {
    const atMs = this.clock.nowMs();
    this.underWay = [...this.underWay, ...entries.map(({ drive }) => ({ gtx: drive.tx.gtx, atMs }))];
  }

  /** Resolves with how many more may be taken (at least one), or with 0 once nobody wants any more. */
  async room(wanted: () => boolean): Promise<number> {
    for (; wanted(); await this.aLittle()) {
      this.underWay = this.underWay.filter((one) => this.holds(one));
      const free = this.size - this.underWay.length;
      if (free >= this.size * WORTH_A_CLAIM) return free;
    }
    return 0;
  }

  private holds({ gtx, atMs }: Launched): boolean {
    const entry = this.table.get(gtx);
    if (!entry?.mine) return false;
    const isYoung = this.clock.nowMs() - atMs < FIRST_ANSWER_MS;
    return isYoung || !this.hears() || this.table.isComing(entry);
  }

  private aLittle(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(LOOK_MS, resolve));
  }
}
