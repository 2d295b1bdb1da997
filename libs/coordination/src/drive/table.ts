import { BranchState, driveOf, outcomeOf, outstanding } from '#protocol';
import type { Drive } from '#protocol';
import type { StoredTransaction } from '#persistence';
import type { Clock } from '#observability';
import { sameAttempt } from './entry.js';
import type { Entry } from './entry.js';
import { Pace } from './pace.js';
import type { Wheel } from './wheel.js';

/** First re-send after this long; later ones back off (protocol.md §10). */
const FIRST_RESEND_MS = 500;
/** Whoever met a lock is asked again after this long at most: the pace backs off from silence, and it answered. */
const LOCKED_RESEND_MS = 2_000;

/** Who holds what: the transactions in this process's memory, and their timers. Nothing here is safety: all of it can be re-read. */
export class DriveTable {
  private readonly entries = new Map<string, Entry>();
  private readonly pace: Pace;

  constructor(
    private readonly clock: Clock,
    private readonly wheel: Wheel,
    private readonly instanceId: string,
  ) {
    this.pace = new Pace(clock);
  }

  get(gtx: string): Entry | undefined {
    return this.entries.get(gtx);
  }

  /** Transactions in memory, observers included. */
  get size(): number {
    return this.entries.size;
  }

  all(): IterableIterator<Entry> {
    return this.entries.values();
  }

  /** gtxs of what this process drives. */
  get driven(): readonly string[] {
    return [...this.entries].flatMap(([gtx, { mine }]) => (mine ? gtx : []));
  }

  /** Takes a freshly read or written image in; keeps votes of the same attempt and acknowledgements (they are durable where they were given). */
  put(stored: StoredTransaction, recovered: Entry['recovered'] = null): Entry {
    const now = this.clock.nowMs();
    const known = this.entries.get(stored.tx.gtx);
    const entry: Entry = {
      drive: carried(known?.drive, driveOf(stored.tx)),
      stored,
      mine: stored.driver === this.instanceId && stored.endedAt === null,
      deadlineAtMs: now + stored.deadlineLeftMs,
      askedAtMs: now,
      resendAtMs: now + FIRST_RESEND_MS,
      tries: 0,
      touchedAtMs: now,
      sinceMs: known?.sinceMs ?? now - stored.ageMs,
      recovered: recovered ?? known?.recovered ?? null,
    };
    this.entries.set(stored.tx.gtx, entry);
    this.arm(entry);
    return entry;
  }

  /** Whether this process drives it from exactly this image: to put it in again would only start its timers afresh. */
  isCurrent(stored: StoredTransaction): boolean {
    const known = this.entries.get(stored.tx.gtx);
    if (!known?.mine || stored.driver !== this.instanceId) return false;
    return stored.endedAt === null && stored.tx.version === known.drive.tx.version;
  }

  /** Sets the next moment at which the entry wants attention. */
  arm(entry: Entry): void {
    if (!entry.mine) return;
    const undecided = outcomeOf(entry.drive.tx) === null && entry.drive.tx.demand === null;
    const dueAtMs = undecided ? Math.min(entry.deadlineAtMs, entry.resendAtMs) : entry.resendAtMs;
    this.wheel.schedule(entry.drive.tx.gtx, Math.max(dueAtMs, this.clock.nowMs()));
  }

  /** Progress: the pace starts afresh. */
  progressed(entry: Entry): void {
    entry.tries = 0;
    entry.askedAtMs = this.clock.nowMs();
    entry.resendAtMs = entry.askedAtMs + FIRST_RESEND_MS;
    this.arm(entry);
  }

  /** A participant answered something of this entry; `again`: it wants to be asked once more. */
  answered(entry: Entry, participant: string, again: boolean): void {
    this.pace.answered(participant, entry.askedAtMs);
    if (again) entry.askedAtMs = -Infinity;
  }

  /** A participant that works met a lock: it is asked again soon, however far the pace had slowed down. */
  metLock(entry: Entry): void {
    entry.resendAtMs = Math.min(entry.resendAtMs, this.clock.nowMs() + LOCKED_RESEND_MS);
    this.arm(entry);
  }

  /** Whether those it waits for have it in the queue they are working through. */
  isComing(entry: Entry): boolean {
    const commands = outstanding(entry.drive);
    if (commands.length === 0) return false;
    return commands.every(({ participant }) => this.pace.isComing(participant, entry.askedAtMs));
  }

  /** Whether its answers are coming: then it is looked at again a little later. */
  putsOff(entry: Entry): boolean {
    if (!this.isComing(entry)) return false;
    entry.resendAtMs = this.clock.nowMs() + FIRST_RESEND_MS;
    return true;
  }

  /** What waits for an answer asks again at the next tick, however far its pace had slowed down: answers went elsewhere. */
  askAgain(): void {
    for (const entry of this.entries.values()) {
      // What has not asked twice does so within `FIRST_RESEND_MS` anyway.
      if (!entry.mine || entry.tries === 0) continue;
      entry.tries = 0;
      entry.askedAtMs = -Infinity;
      entry.resendAtMs = this.clock.nowMs();
      this.arm(entry);
    }
  }

  drop(gtx: string): void {
    this.entries.delete(gtx);
  }

  /** Drops observers that nothing touched for `idleMs`. */
  forgetIdleObservers(idleMs: number): void {
    const limit = this.clock.nowMs() - idleMs;
    for (const [gtx, entry] of this.entries)
      if (!entry.mine && entry.touchedAtMs < limit) this.entries.delete(gtx);
  }
}

function carried(old: Drive | undefined, fresh: Drive): Drive {
  if (!old) return fresh;
  const unwritten = stillUnwritten(old, fresh);
  return sameAttempt(old.tx, fresh.tx)
    ? { ...fresh, votes: old.votes, retries: old.retries, unwritten }
    : { ...fresh, unwritten };
}

function stillUnwritten(old: Drive, fresh: Drive): Drive['unwritten'] {
  const waiting = Object.entries(old.unwritten).filter(([, { attempt, branch }]) => {
    const written = fresh.tx.results.find((one) => one.attempt === attempt && one.branch === branch);
    return !written || written.state === BranchState.Pending;
  });
  return Object.fromEntries(waiting);
}
