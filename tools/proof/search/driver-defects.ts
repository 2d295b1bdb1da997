/** The wrappers that break one rule of the coordinator each; without a defect the real functions pass through untouched. */
import { attemptOf, maybeSent, TERMINAL } from '#protocol';
import type { Command, Drive, ProtocolEvent, step, Transition } from '#protocol';
import type { DriverDefect } from './defects.js';

type Step = typeof step;

export function defective(defect: DriverDefect | null, real: Step): Step {
  switch (defect) {
    case 'votes-counted':
      return (drive, event) => real(drive, countedVote(drive, event));
    case 'fallback-after-business-no':
      return (drive, event) => real(drive, technicalNo(event));
    case 'ends-before-all-acks':
      return (drive, event) => endsEarly(event, real(drive, event));
    default:
      return real;
  }
}

/** What leaves, and what is sent again, under a defect. */
export function sendsOf(
  defect: DriverDefect | null,
  drive: Drive,
  commands: readonly Command[],
): readonly Command[] {
  if (defect === 'decision-not-repeated')
    return commands.filter(({ type }) => type !== 'ABORT' && type !== 'COMMIT');
  if (defect !== 'compensations-unordered' || drive.tx.state !== 'SAGA_COMPENSATING') return commands;
  const all = drive.tx.branches.filter((branch) => maybeSent(drive, branch));
  return [
    ...commands,
    ...all.map(({ id, participant, operation }): Command => {
      const { gtx, attempt } = drive.tx;
      return { type: 'COMPENSATE', gtx, attempt, branch: id, participant, operation, settle: false };
    }),
  ];
}

/** A second YES of one branch counts as if another had voted. */
function countedVote(drive: Drive, event: ProtocolEvent): ProtocolEvent {
  if (event.type !== 'vote' || event.vote === 'NO' || !(event.branch in drive.votes)) return event;
  const missing = drive.tx.branches.find(({ id }) => !(id in drive.votes));
  return missing ? { ...event, branch: missing.id, participant: missing.participant } : event;
}

function technicalNo(event: ProtocolEvent): ProtocolEvent {
  return event.type === 'vote' && event.code === 'REFUSED' ? { ...event, code: 'LOCK_TIMEOUT' } : event;
}

function endsEarly(event: ProtocolEvent, transition: Transition): Transition {
  if (event.type !== 'ack' || transition.kind !== 'volatile') return transition;
  const { tx } = transition.drive;
  const decision = attemptOf(tx, tx.attempt)?.decision;
  const state = decision === 'COMMIT' ? TERMINAL[0]! : TERMINAL[1]!;
  if (!decision || tx.attempt > 1) return transition;
  const next = {
    ...tx,
    state,
    version: tx.version + 1,
    results: [...tx.results, ...Object.values(transition.drive.unwritten)],
  };
  const change = {
    expectedVersion: tx.version,
    next,
    decide: null,
    startAttempt: null,
    ended: true,
    facts: [],
  };
  return { kind: 'durable', drive: { ...transition.drive, tx: next, unwritten: {} }, change, sends: [] };
}
