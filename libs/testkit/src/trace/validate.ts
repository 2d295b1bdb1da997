import type { History, Lane } from './events.js';
import { factsOf, lanesOf, textOf } from './history.js';
import type { TimelineFact, TransactionHistory } from './history.js';
import { unexplainedSaga } from './saga-trace.js';
import type { SagaStepPlan } from './saga-spec.js';
import { unexplainedTwoPhase } from './two-phase-trace.js';

/**
 * accepted: every attempt is the trace of a behaviour of its specification; `traces` says how many that were.
 * excused: an operator or a lost database had a hand in it (LOST, heuristics, QUARANTINED), which the specifications do not know;
 *   only where the caller allows that: without such faults a LOST branch is a vote that never was.
 */
export type Verdict =
  | { readonly kind: 'accepted'; readonly traces: number }
  | { readonly kind: 'excused'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string };

export interface ValidateOptions {
  /** Databases lost what they had promised to keep, or operators decided by hand. Default false. */
  readonly lossesPossible?: boolean;
}

/** One 2PC attempt against the public specification: null, or why it is no behaviour of it. */
export function validateTrace(
  lanes: readonly Lane[],
  participants: readonly string[],
  history: History = 'whole',
): string | null {
  return unexplainedTwoPhase(lanes, participants, history);
}

/** One saga attempt against the specification of its order. */
export function validateSagaTrace(
  lanes: readonly Lane[],
  steps: readonly SagaStepPlan[],
  history: History = 'whole',
): string | null {
  return unexplainedSaga(lanes, steps, history);
}

/** A whole transaction: each attempt by itself, and what must hold between them. */
export function validateHistory(history: TransactionHistory, options: ValidateOptions = {}): Verdict {
  const loss = lossOf(history);
  if (loss !== null && options.lossesPossible === true) return { kind: 'excused', reason: loss };
  const fault = loss ?? timelineFault(factsOf(history)) ?? rowFault(history);
  if (fault !== null) return { kind: 'rejected', reason: fault };
  const attempts = attemptsOf(factsOf(history));
  for (const { attempt, mode } of attempts) {
    const why = attemptFault(history, attempt, mode);
    if (why !== null) return { kind: 'rejected', reason: `attempt ${attempt}: ${why}` };
  }
  return { kind: 'accepted', traces: attempts.length };
}

function attemptFault(history: TransactionHistory, attempt: number, mode: string): string | null {
  const lanes = lanesOf(history, attempt);
  if (mode === 'saga') return unexplainedSaga(lanes, history.plan, history.history);
  return unexplainedTwoPhase(lanes, participantsOf(history), history.history);
}

/** A tombstone has no plan: whoever holds a row of it takes part. */
function participantsOf({ plan, lanes }: TransactionHistory): readonly string[] {
  if (plan.length > 0) return plan.map(({ id }) => id);
  return [...new Set(lanes.flat().flatMap((event) => (event.from === 'branch' ? event.branch : [])))];
}

const LOSSES = ['LOST', 'HEUR_COMMITTED', 'HEUR_ABORTED'];

function lossOf(history: TransactionHistory): string | null {
  for (const event of history.lanes.flat()) {
    if (event.from === 'branch' && LOSSES.includes(event.state)) return `${event.branch} is ${event.state}`;
    if (event.from === 'branch') continue;
    const { kind, branch, detail } = event.fact;
    if (kind === 'QUARANTINED' || kind === 'RESOLVED') return `the transaction was ${kind}`;
    if (kind === 'BRANCH' && textOf(detail, 'state') === 'LOST') return `${branch} was recorded LOST`;
  }
  return null;
}

/** What a timeline may consist of; another kind is a durable event that no specification was told of. */
const KINDS = [
  'BEGUN',
  'TOMBSTONE',
  'DECIDED',
  'FALLBACK',
  'BRANCH',
  'COMPENSATION_DEMANDED',
  'STATE',
  'ENDED',
  'TAKEN_OVER',
  'RELEASED',
];

/** The rules of a timeline as a whole: it begins once, ends last, and falls back at most once, in the write of ABORT(1). */
function timelineFault(facts: readonly TimelineFact[]): string | null {
  const [first, ...rest] = facts;
  if (first === undefined) return 'the coordinator does not know it';
  if (first.kind !== 'BEGUN' && first.kind !== 'TOMBSTONE') return `begins with ${first.kind}`;
  if (first.kind === 'TOMBSTONE' && rest.length > 0) return `${rest[0]!.kind} after a tombstone`;
  let attempt = 1;
  for (const [index, fact] of rest.entries()) {
    if (!KINDS.includes(fact.kind)) return `unknown kind ${fact.kind}`;
    if (fact.kind === 'BEGUN' || fact.kind === 'TOMBSTONE') return `${fact.kind} after the beginning`;
    if (facts[index]!.kind === 'ENDED') return `${fact.kind} after the end`;
    if (fact.kind === 'FALLBACK') {
      const why = fallbackFault(first, facts[index]!, attempt);
      if (why !== null) return why;
      attempt += 1;
    }
    if (fact.attempt > attempt) return `${fact.kind} of attempt ${fact.attempt}, which has not begun`;
  }
  return null;
}

/** R1, R2, R6, R9 of protocol.md §8. */
function fallbackFault(begun: TimelineFact, before: TimelineFact, attempt: number): string | null {
  if (attempt > 1) return 'a second fallback';
  if (textOf(begun.detail, 'fallback') !== 'saga') return 'a fallback that was not asked for';
  const aborted = before.kind === 'DECIDED' && before.attempt === 1;
  return aborted ? null : `a fallback after ${before.kind} instead of the decision of attempt 1`;
}

interface Begun {
  readonly attempt: number;
  readonly mode: string;
}

function attemptsOf(facts: readonly TimelineFact[]): readonly Begun[] {
  const first = { attempt: 1, mode: textOf(facts[0]!.detail, 'mode') ?? '2pc' };
  return facts.some(({ kind }) => kind === 'FALLBACK') ? [first, { attempt: 2, mode: 'saga' }] : [first];
}

const ACTED = ['DONE', 'FAILED', 'COMPENSATED'];

/** Rows belong to the plan, to their own participant, and to an attempt that began; R3: an action ran over nothing prepared. */
function rowFault(history: TransactionHistory): string | null {
  const attempts = attemptsOf(factsOf(history)).length;
  const owners = new Map(history.plan.map(({ id, participant }) => [id, participant]));
  const first = new Map<string, string>();
  for (const event of history.lanes.flat()) {
    if (event.from === 'coordinator') continue;
    const text = `${event.branch} ${event.state} at ${event.participant}`;
    if (event.attempt > attempts) return `${text} of attempt ${event.attempt}, which never began`;
    if (owners.size > 0 && owners.get(event.branch) !== event.participant) return `${text}: not its branch`;
    if (event.attempt === 1) first.set(event.branch, event.state);
    else if (ACTED.includes(event.state) && ['PREPARED', 'COMMITTED'].includes(first.get(event.branch) ?? ''))
      return `${text} while its attempt 1 is ${first.get(event.branch)}`;
    const fence = history.fences?.get(event.branch) ?? 0;
    if (history.fences && ACTED.includes(event.state) && fence < event.attempt)
      return `${text} of attempt ${event.attempt} behind fence ${fence}`;
  }
  return null;
}

export interface Validated {
  /** Attempts that were accepted. */
  readonly traces: number;
  readonly excused: number;
  readonly rejected: readonly { readonly gtx: string; readonly reason: string }[];
}

export function validateHistories(
  histories: Iterable<TransactionHistory>,
  options: ValidateOptions = {},
): Validated {
  let traces = 0;
  let excused = 0;
  const rejected: { gtx: string; reason: string }[] = [];
  for (const history of histories) {
    const verdict = validateHistory(history, options);
    if (verdict.kind === 'accepted') traces += verdict.traces;
    else if (verdict.kind === 'excused') excused += 1;
    else rejected.push({ gtx: history.gtx, reason: verdict.reason });
  }
  return { traces, excused, rejected };
}
