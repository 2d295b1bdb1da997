import { Decision } from '#protocol';
import { eventText } from './events.js';
import type { History, Lane, TraceEvent } from './events.js';
import { unexplained } from './search.js';
import type { Observation, SpecStep } from './search.js';
import { INITIAL, nextSteps, Rm, rmOf, stateKey, Tm } from './two-phase-spec.js';
import type { TwoPhaseState, TwoPhaseStep } from './two-phase-spec.js';

const COORDINATOR = '(coordinator)';

/**
 * Is there a behaviour of the public specification that these durable events of one 2PC attempt are the trace of?
 * `lanes`: totally ordered logs, see `search.ts`; a log that holds everything is one lane. The coordinator's lane is its whole
 * timeline, so the decision is never unseen; votes travel in messages, so TMRcvPrepared always is.
 *
 * READ_ONLY is RMPrepare: a durable YES with nothing left to do. An ABORTED row is RMChooseToAbort (a NO, a tombstone) or
 * RMRcvAbortMsg, whichever fits. Returns null, or why there is none.
 */
export function unexplainedTwoPhase(
  lanes: readonly Lane[],
  participants: readonly string[],
  history: History,
): string | null {
  const place = new Map(participants.map((branch, index) => [branch, index]));
  const stranger = lanes.flat().find((event) => 'branch' in event && !place.has(event.branch));
  if (stranger) return `"${eventText(stranger)}": no such branch in this attempt`;
  return (
    brokenLog(lanes.flat(), participants) ??
    unexplained({
      initial: INITIAL,
      next: stepsOf(participants),
      key: stateKey,
      lanes: lanes.map((lane) => lane.map((event) => observation(event, place))),
      partialOwner: (owner) => history === 'latest' && owner !== COORDINATOR,
    })
  );
}

type Next = (state: TwoPhaseState) => readonly SpecStep<TwoPhaseState>[];

/** Many histories are of branches of the same names, and walk through the same few states. */
const known = new Map<string, Next>();
const MAX_KNOWN = 1_000;

function stepsOf(participants: readonly string[]): Next {
  const name = participants.join();
  const there = known.get(name);
  if (there) return there;
  if (known.size >= MAX_KNOWN) known.clear();
  const steps = new Map<number, ReturnType<Next>>();
  const next: Next = (state) => {
    const key = stateKey(state);
    let found = steps.get(key);
    if (!found) {
      found = nextSteps(state, participants.length).map((step) => observable(step, participants));
      steps.set(key, found);
    }
    return found;
  };
  known.set(name, next);
  return next;
}

/** What the log itself must satisfy where the specification has no words: a recorded NO, and an end with all acknowledgements. */
function brokenLog(events: Lane, participants: readonly string[]): string | null {
  const refused = events.find(({ at }) => at === 'no');
  const committed = events.some((event) => event.at === 'decision' && event.decision === Decision.Commit);
  if (refused && committed) return `COMMIT with "${eventText(refused)}"`;
  const end = events.findIndex(({ at }) => at === 'ended');
  if (end < 0) return null;
  const acked = new Set(events.slice(0, end).flatMap((event) => (event.at === 'ack' ? event.branch : [])));
  const owing = participants.find((branch) => !acked.has(branch));
  return owing === undefined ? null : `"${eventText(events[end]!)}" without an acknowledgement of ${owing}`;
}

function observable(step: TwoPhaseStep, participants: readonly string[]): SpecStep<TwoPhaseState> {
  const branch = step.rm === null ? null : participants[step.rm]!;
  const name = branch === null ? step.action : `${step.action}(${branch})`;
  return { name, to: step.to, owner: ownerOf(step, branch), shows: showsOf(step, branch) };
}

/** The transaction manager's steps are the coordinator's. */
const ownerOf = ({ action }: TwoPhaseStep, branch: string | null): string =>
  branch === null || action === 'TMRcvPrepared' ? COORDINATOR : branch;

function showsOf({ action }: TwoPhaseStep, branch: string | null): readonly string[] {
  switch (action) {
    case 'RMPrepare':
      return [`${branch} PREPARED`, `${branch} READ_ONLY`];
    case 'RMChooseToAbort':
    case 'RMRcvAbortMsg':
      return [`${branch} ABORTED`];
    case 'RMRcvCommitMsg':
      return [`${branch} COMMITTED`];
    case 'TMCommit':
      return [`decision ${Decision.Commit}`];
    case 'TMAbort':
      return [`decision ${Decision.Abort}`];
    case 'TMRcvPrepared':
      // Receiving a vote only enables TMCommit; it disables nothing, so the search may take it as soon as it can.
      return [];
  }
}

function observation(event: TraceEvent, place: ReadonlyMap<string, number>): Observation<TwoPhaseState> {
  const owner = event.at === 'branch' ? event.branch : COORDINATOR;
  return { label: eventText(event), owner, holds: conditionOf(event, place) };
}

/** null: the event is a step. */
function conditionOf(
  event: TraceEvent,
  place: ReadonlyMap<string, number>,
): ((state: TwoPhaseState) => boolean) | null {
  switch (event.at) {
    case 'branch':
    case 'decision':
      return null;
    case 'ack': {
      const rm = place.get(event.branch)!;
      return (state) => acknowledges(event.state, rmOf(state, rm));
    }
    case 'no':
      return (state) => state.tmState !== Tm.Committed;
    case 'fallback':
      return (state) => state.tmState === Tm.Aborted;
    case 'ended':
    case 'state':
      return (state) => tmIn(state.tmState).includes(event.state);
    case 'demand':
      return () => false;
  }
}

function acknowledges(recorded: string, is: Rm): boolean {
  if (recorded === 'READ_ONLY') return is !== Rm.Working;
  return is === (recorded === 'COMMITTED' ? Rm.Committed : recorded === 'ABORTED' ? Rm.Aborted : -1);
}

/** End states of a fallback are those of its saga: attempt 1 has only to be aborted. */
function tmIn(tm: Tm): readonly string[] {
  if (tm === Tm.Committed) return ['COMMITTING', 'COMMITTED'];
  return tm === Tm.Aborted ? ['ABORTING', 'ABORTED', 'SAGA_COMPLETED', 'SAGA_COMPENSATED'] : [];
}
