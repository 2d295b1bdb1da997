import type { Json } from '#protocol';
import type { TimelineEntry } from '#persistence';
import type { History, TraceEvent } from './events.js';
import type { SagaStepPlan } from './saga-spec.js';

export interface PlannedStep extends SagaStepPlan {
  readonly participant: string;
}

export type TimelineFact = Pick<TimelineEntry, 'kind' | 'attempt' | 'branch' | 'detail'>;

/**
 * `branch`: a durable state of a branch at its participant. PREPARED of xa is its gid; ROLLED_BACK says that this gid is gone
 * while no row says why yet (between ROLLBACK PREPARED and its tombstone a PREPARE may still slip in, and is rolled back again).
 */
export type DurableEvent =
  | { readonly from: 'coordinator'; readonly fact: TimelineFact }
  | {
      readonly from: 'branch';
      readonly participant: string;
      readonly attempt: number;
      readonly branch: string;
      readonly state: string;
    };

/** Everything durable that is known of one transaction, in totally ordered lanes (see `search.ts`). */
export interface TransactionHistory {
  readonly gtx: string;
  /** Empty for a tombstone, which has no plan. */
  readonly plan: readonly PlannedStep[];
  readonly lanes: readonly (readonly DurableEvent[])[];
  /** What the branches' events are; the coordinator's are always all of them. `latest`: earlier attempts come first. */
  readonly history: History;
  /** max_attempt of the fence row by branch id; null where it was not read. */
  readonly fences: ReadonlyMap<string, number> | null;
}

export const factsOf = (history: TransactionHistory): readonly TimelineFact[] =>
  history.lanes.flat().flatMap((event) => (event.from === 'coordinator' ? event.fact : []));

/** What rules look at in a fact's detail. */
const FIELDS = ['mode', 'fallback', 'decision', 'state'] as const;

/** A fact with everything of it that a rule can look at. */
export const factText = ({ kind, attempt, branch, detail }: TimelineFact): string =>
  `${kind}/${attempt}/${branch}=${FIELDS.map((name) => textOf(detail, name)).join('|')}`;

/** A text field of a fact's detail. */
export function textOf(detail: Json, name: (typeof FIELDS)[number]): string | null {
  const value = (detail as Readonly<Record<string, Json>> | null)?.[name];
  return typeof value === 'string' ? value : null;
}

/** The lanes of one attempt, as the specifications see them. */
export function lanesOf(history: TransactionHistory, attempt: number): readonly (readonly TraceEvent[])[] {
  return history.lanes.map((lane) => {
    const rolledBack = new Set<string>();
    return lane.flatMap((event) => {
      if (event.from === 'coordinator') return seenOfFact(event.fact, attempt) ?? [];
      if (event.attempt !== attempt) return [];
      const { branch, state } = event;
      if (state === 'ROLLED_BACK') rolledBack.add(branch);
      if (state === 'ROLLED_BACK' || (state === 'PREPARED' && rolledBack.has(branch))) return [];
      return { at: 'branch' as const, branch, state };
    });
  });
}

/** null: it concerns another attempt, or no specification (who drives, why a step is retried). */
function seenOfFact(fact: TimelineFact, attempt: number): TraceEvent | null {
  const { kind, detail } = fact;
  const state = textOf(detail, 'state');
  if (kind === 'ENDED') return { at: 'ended', state: state ?? '' };
  if (kind === 'FALLBACK') return fact.attempt === attempt + 1 ? { at: 'fallback' } : null;
  if (fact.attempt !== attempt) return null;
  switch (kind) {
    case 'TOMBSTONE':
      return { at: 'decision', decision: 'ABORT' };
    case 'DECIDED':
      return { at: 'decision', decision: textOf(detail, 'decision') === 'COMMIT' ? 'COMMIT' : 'ABORT' };
    case 'BRANCH': {
      const branch = fact.branch ?? '';
      return state === 'PENDING' ? { at: 'no', branch } : { at: 'ack', branch, state: state ?? '' };
    }
    case 'COMPENSATION_DEMANDED':
      return { at: 'demand' };
    case 'STATE':
      return state === null ? null : { at: 'state', state };
    default:
      return null;
  }
}
