import { backoffMs, outcomeOf } from '#protocol';
import type { Clock, Random } from '#observability';
import type { Entry } from './entry.js';
import type { DriveTable } from './table.js';
import type { WorkEvent } from './work.js';

export interface DueEvent {
  readonly gtx: string;
  readonly event: WorkEvent;
}

/** A due timer as events: the deadline once, else a re-send with capped, jittered backoff (protocol.md §10). */
export function dueEvents(
  keys: readonly string[],
  table: DriveTable,
  clock: Clock,
  random: Random,
): readonly DueEvent[] {
  const now = clock.nowMs();
  return keys.flatMap((gtx) => {
    const entry = table.get(gtx);
    if (!entry?.mine) return [];
    const events = eventsOf(entry, table, now, random);
    table.arm(entry);
    return events.map((event) => ({ gtx, event }));
  });
}

/** Asked again after this long, should the write fail or the saga be past its pivot. */
const DEADLINE_AGAIN_MS = 2_000;

/** Nothing came of so many questions: perhaps the answers went to another instance, which has ended it by now. */
const TRIES_TO_REREAD = 4;

function eventsOf(entry: Entry, table: DriveTable, now: number, random: Random): readonly WorkEvent[] {
  const events: WorkEvent[] = [];
  if (overdue(entry, now)) {
    entry.deadlineAtMs = now + DEADLINE_AGAIN_MS;
    events.push({ type: 'deadline', attempt: entry.drive.tx.attempt });
  }
  if (entry.resendAtMs <= now) {
    events.push({ type: 'flush' });
    if (table.putsOff(entry)) return events;
    entry.tries += 1;
    entry.resendAtMs = now + backoffMs(entry.tries, random.next());
    if (entry.tries % TRIES_TO_REREAD === 0) events.push({ type: 'reread' });
    events.push({ type: 'resend', participant: null });
  }
  return events;
}

function overdue(entry: Entry, now: number): boolean {
  const { tx } = entry.drive;
  return entry.deadlineAtMs <= now && outcomeOf(tx) === null && tx.demand === null;
}
