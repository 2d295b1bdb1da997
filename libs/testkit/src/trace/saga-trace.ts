import { eventText } from './events.js';
import type { History, Lane, TraceEvent } from './events.js';
import { sagaInitial, sagaMoves } from './saga-spec.js';
import type { SagaPhase, SagaState, SagaStepPlan } from './saga-spec.js';
import { unexplained } from './search.js';
import type { Observation, SpecStep } from './search.js';

const COORDINATOR = '(coordinator)';

/** As `unexplainedTwoPhase`, for an attempt that is a saga and the specification of its order (`saga-spec.ts`). */
export function unexplainedSaga(
  lanes: readonly Lane[],
  steps: readonly SagaStepPlan[],
  history: History,
): string | null {
  const ids = new Set(steps.map(({ id }) => id));
  const stranger = lanes.flat().find((event) => 'branch' in event && !ids.has(event.branch));
  if (stranger) return `"${eventText(stranger)}": no such step in this saga`;
  return unexplained({
    initial: sagaInitial(steps),
    next: (state) => sagaMoves(steps, state).map(observable),
    key: ({ rows, known, phase }) => `${rows}|${known}|${phase}`,
    lanes: lanes.map((lane) => lane.map(observation)),
    partialOwner: (owner) => history === 'latest' && owner !== COORDINATOR,
  });
}

const observable = ({
  action,
  row,
  shows,
  to,
}: ReturnType<typeof sagaMoves>[number]): SpecStep<SagaState> => ({
  name: action,
  owner: row ?? COORDINATOR,
  shows: [shows],
  to,
});

function observation(event: TraceEvent): Observation<SagaState> {
  const phases = phasesOf(event);
  return {
    label: eventText(event),
    owner: event.at === 'branch' ? event.branch : COORDINATOR,
    holds: phases && (({ phase }) => phases.includes(phase)),
  };
}

/** States the transaction may be said to be in; null: the event is a step. */
const PHASES: Readonly<Record<string, readonly SagaPhase[]>> = {
  SAGA_RUNNING: ['running', 'demanded'],
  SAGA_STUCK_FORWARD: ['running'],
  COMPENSATION_STUCK: ['compensating'],
  SAGA_COMPLETED: ['completed'],
  SAGA_COMPENSATED: ['compensated'],
};

function phasesOf(event: TraceEvent): readonly SagaPhase[] | null {
  if (event.at === 'state') return event.state === 'SAGA_COMPENSATING' ? null : (PHASES[event.state] ?? []);
  if (event.at === 'ended') return PHASES[event.state] ?? [];
  return event.at === 'no' || event.at === 'fallback' ? [] : null;
}
