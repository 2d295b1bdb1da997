import type { AckState, BranchFault, Decision, Json, No, Phase, StoredResult, Vote } from '#protocol';
import type { ReplyMessage } from '#wire';
import type { Answer, Work } from './work.js';

/** How replies are spelled. Every one is built after what it says is durable. */

export function yes(work: Work, vote: typeof Vote.Yes | typeof Vote.ReadOnly, output: Json): Answer {
  return said(work, { type: 'VOTE', ...from(work), vote, noCode: null, code: null, message: null, output });
}

export function no(work: Work, { code, fault }: No): Answer {
  return said(work, { type: 'VOTE', ...from(work), vote: 'NO', noCode: code, ...fault, output: null });
}

export function ack(work: Work, state: AckState, output: Json = null): Answer {
  return said(work, { type: 'ACK', ...from(work), state, output });
}

export function heuristic(work: Work, taken: Decision): Answer {
  return said(work, {
    type: 'HEURISTIC',
    ...from(work),
    taken,
    by: 'operator',
    reason: 'ended by hand at the participant',
  });
}

export function result(work: Work, phase: Phase, stored: StoredResult): Answer {
  const { state, output, error } = stored;
  return said(work, {
    type: 'RESULT',
    ...from(work),
    phase,
    result: stored.result,
    state,
    output,
    ...faultFields(error),
  });
}

/** Nothing is stored: the coordinator sends the step again. */
export function retry(work: Work, phase: Phase, error: BranchFault): Answer {
  return said(work, {
    type: 'RESULT',
    ...from(work),
    phase,
    result: 'RETRY',
    state: null,
    output: null,
    ...faultFields(error),
  });
}

/** The work is not finished and must not be reported: the coordinator asks again. */
export function silent(work: Work): Answer {
  return { work, reply: null };
}

function faultFields(error: BranchFault | null) {
  return { code: error?.code ?? null, message: error?.message ?? null };
}

function said(work: Work, reply: ReplyMessage): Answer {
  return { work, reply };
}

function from({ command: { participant, gtx, attempt, branch } }: Work) {
  return { participant, gtx, attempt, branch };
}
