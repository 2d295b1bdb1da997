import { Decision } from '#protocol';
import type { Transition } from '#protocol';
import type { Clock, FaultPoint, FaultPoints } from '#observability';
import type { Work } from './work.js';

type DurableTransition = Extract<Transition, { kind: 'durable' }>;
type Test = (transition: DurableTransition) => boolean;

const decides: Test = ({ change }) => change.decide !== null;
const decidesTwoPhase: Test = ({ change }) =>
  change.decide !== null && change.startAttempt === null && !endsSaga(change.next.state);
const commits: Test = (transition) =>
  transition.change.decide?.decision === Decision.Commit && decidesTwoPhase(transition);
const isSaga: Test = ({ change }) => change.next.attempts.at(-1)?.mode === 'saga';
const fallsBack: Test = ({ change }) => change.startAttempt !== null;
/** One compensation is in and another is due: never before the first. */
const betweenCompensations: Test = ({ change: { next } }) =>
  next.state === 'SAGA_COMPENSATING' &&
  next.results.some(({ attempt, state }) => attempt === next.attempt && state === 'COMPENSATED');

/** protocol.md §11, the coordinator's half: where each named point lies relative to the write and the sends. */
export async function reachBeforeWrite(
  faults: FaultPoints,
  batch: readonly DurableTransition[],
): Promise<void> {
  if (!faults.armed) return;
  await reach(faults, 'C4', batch, decidesTwoPhase);
  await reach(faults, 'C10', batch, ({ change }) => change.ended && !isSaga({ change } as DurableTransition));
  await reach(
    faults,
    'S2',
    batch,
    (transition) => isSaga(transition) && !fallsBack(transition) && !transition.change.ended,
  );
  await reach(faults, 'S6', batch, (transition) => isSaga(transition) && transition.change.ended);
}

export async function reachAfterWrite(
  faults: FaultPoints,
  batch: readonly DurableTransition[],
): Promise<void> {
  if (!faults.armed) return;
  await reach(faults, 'C5', batch, decidesTwoPhase);
  await reach(faults, 'C6', batch, decides);
  await reach(faults, 'W3', batch, decides);
  await reach(faults, 'S5', batch, betweenCompensations);
}

export async function reachAfterAnswer(
  faults: FaultPoints,
  batch: readonly DurableTransition[],
  clock: Clock,
): Promise<void> {
  if (faults.armed !== 'C8' || !batch.some(commits)) return;
  // The waiters of this step were resolved in this turn: one turn later their answers are on the wire.
  await new Promise<void>((resolve) => clock.after(0, resolve));
  await reach(faults, 'C8', batch, commits);
}

export async function reachSomeAcks(faults: FaultPoints, batch: readonly Work[]): Promise<void> {
  if (!faults.armed) return;
  const acks = batch.filter((work) => work.event.type === 'ack').length;
  if (acks > 0) await faults.reach('C9', acks);
}

async function reach(
  faults: FaultPoints,
  point: FaultPoint,
  batch: readonly DurableTransition[],
  test: Test,
): Promise<void> {
  const times = batch.filter(test).length;
  if (times > 0) await faults.reach(point, times);
}

function endsSaga(state: string): boolean {
  return state === 'SAGA_COMPLETED' || state === 'SAGA_COMPENSATED';
}
