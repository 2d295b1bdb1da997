import type { ProtocolEvent } from '#protocol';
import type { ReplyMessage } from '#wire';

/** Replies that speak of one branch of one transaction. */
export type BranchReply = Exclude<ReplyMessage, { type: 'HELLO' }>;

/** A reply as an event of the protocol; null for an INQUIRY, which asks instead of telling. */
export function replyEvent(reply: BranchReply): ProtocolEvent | null {
  const from = { attempt: reply.attempt, branch: reply.branch, participant: reply.participant };
  switch (reply.type) {
    case 'VOTE':
      return {
        type: 'vote',
        ...from,
        vote: reply.vote,
        code: reply.noCode,
        fault: faultOf(reply),
        output: reply.output,
      };
    case 'ACK':
      return { type: 'ack', ...from, state: reply.state, output: reply.output };
    case 'RESULT': {
      const { phase, result, state, output } = reply;
      return { type: 'result', ...from, phase, result, state, output, fault: faultOf(reply) };
    }
    case 'HEURISTIC':
      return { type: 'heuristic', ...from, taken: reply.taken, by: reply.by, reason: reply.reason };
    case 'INQUIRY':
      return null;
  }
}

/** Whoever holds something prepared must be answered, also for a gtx nobody knows (§7). */
export function asksForOutcome(reply: BranchReply): boolean {
  return reply.type === 'INQUIRY' || (reply.type === 'VOTE' && reply.vote !== 'NO');
}

function faultOf(reply: { readonly code: string | null; readonly message: string | null }) {
  return reply.code === null ? null : { code: reply.code, message: reply.message ?? '' };
}
