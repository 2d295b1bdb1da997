import type { Clock } from '#observability';
import type { Entry } from '../drive/entry.js';
import type { DriveTable } from '../drive/table.js';

/** Time for the first answer to a transaction just taken over. Without one it leaves the window: nobody may be there to give it. */
const FIRST_ANSWER_MS = 100;
/** The longest a transaction takes room while its answers are coming: a slow participant may hold up the others for so long. */
const LONGEST_MS = 250;
/** Room counts once this part of the window is free: batches of one would cost more than they hasten. */
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

  /** These are asked for now. */
  launched(entries: readonly Entry[]): void {
    const atMs = this.clock.nowMs();
    this.underWay = [...this.underWay, ...entries.map(({ drive }) => ({ gtx: drive.tx.gtx, atMs }))];
  }

  /** How many more may be taken now. */
  room(): number {
    this.underWay = this.underWay.filter((one) => this.holds(one));
    const free = this.size - this.underWay.length;
    return free >= this.size * WORTH_A_CLAIM ? free : 0;
  }

  private holds({ gtx, atMs }: Launched): boolean {
    const entry = this.table.get(gtx);
    if (!entry?.mine) return false;
    if (!this.hears()) return true;
    const ageMs = this.clock.nowMs() - atMs;
    return ageMs < FIRST_ANSWER_MS || (ageMs < LONGEST_MS && this.table.isComing(entry));
  }
}
