import type { DecisionRule, PrepareRule, SeenBranch } from '#protocol';
import type { BranchEvidence } from '#persistence';
import { ack, heuristic, no, silent, yes } from '../desk/answers.js';
import type { Desk } from '../desk/desk.js';
import type { Answer, Work } from '../desk/work.js';

/** Evidence in the words of the rules. */
export function seenOf({ key, maxAttempt, row, gid }: BranchEvidence): SeenBranch {
  return { attempt: key.attempt, maxAttempt, row, gid };
}

export function budgetSpent(desk: Desk, work: Work): boolean {
  return desk.clock.nowMs() >= work.deadlineMs;
}

/** The answer to a PREPARE that was already dealt with; null where work or a tombstone is called for. */
export function repeated(work: Work, rule: PrepareRule): Answer | null {
  switch (rule.do) {
    case 'vote':
      return yes(work, rule.vote, rule.output);
    case 'no':
      return no(work, rule.no);
    case 'ack':
      return ack(work, rule.state, rule.output);
    case 'heuristic':
      return heuristic(work, rule.taken);
    default:
      return null;
  }
}

/** The answer to a decision that the row already settles; null where something must be done first. */
export function settledAnswer(desk: Desk, work: Work, rule: DecisionRule): Answer | null {
  switch (rule.do) {
    case 'ack':
      return ack(work, rule.state, rule.output);
    case 'heuristic':
      return heuristic(work, rule.taken);
    case 'violation':
      return violation(desk, work, rule.state);
    default:
      return null;
  }
}

/** The row contradicts the decision: alarm, and the truth about the row, which quarantines the transaction. */
function violation(
  desk: Desk,
  work: Work,
  state: Extract<DecisionRule, { do: 'violation' }>['state'],
): Answer {
  const { type } = work.command;
  desk.log.error({ ...work.key, command: type, state }, `${type} contradicts the branch's own row`);
  return state ? ack(work, state) : silent(work);
}

/** Nothing is left to commit: said only after a LOST row is durable, and never quietly. */
export function lost(desk: Desk, work: Work): Answer {
  desk.log.error(
    { ...work.key },
    'COMMIT found neither a row nor a prepared transaction: the branch is LOST',
  );
  return ack(work, 'LOST');
}
