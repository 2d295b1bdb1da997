import { TransactionState } from '#protocol';
import type { Change, Fact } from '#protocol';
import type { StepWrite, TimelineEntry } from '#persistence';
import type { Entry } from './entry.js';

/** An operator's turn: watchdogs look only now and then. */
const QUARANTINE_LOOK_MS = 3_600_000;

export interface WriteContext {
  readonly instanceId: string;
  readonly sagaTimeoutMs: number;
  readonly neglectMs: number;
}

/** The ledger's form of a durable change: what changes, under which precondition, and who drives from now on. */
export function stepWrite(entry: Entry, change: Change, context: WriteContext): StepWrite {
  const { next } = change;
  const fallback = change.startAttempt !== null;
  return {
    gtx: next.gtx,
    expectedVersion: change.expectedVersion,
    state: next.state,
    decide: change.decide,
    startAttempt: change.startAttempt,
    results: next.results,
    heuristic: next.heuristic,
    demand: next.demand,
    ended: change.ended,
    deadlineInMs: fallback ? context.sagaTimeoutMs : null,
    nextInMs: nextInMs(entry, change, context),
    tries: entry.tries,
    driver: context.instanceId,
    timeline: change.facts.map((fact) => timelineEntry(fact, context.instanceId)),
  };
}

/** The index on next_at is left alone on the fast path: only a transaction that had to be re-sent tells the watchdogs to wait. */
function nextInMs(entry: Entry, change: Change, context: WriteContext): number | null {
  if (change.next.state === TransactionState.Quarantined) return QUARANTINE_LOOK_MS;
  return entry.tries > 0 && !change.ended ? context.neglectMs : null;
}

export function timelineEntry(fact: Fact, instance: string): TimelineEntry {
  return { kind: fact.kind, attempt: fact.attempt, branch: fact.branch, instance, detail: fact.detail };
}
