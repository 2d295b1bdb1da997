/**
 * Messages in flight, per participant, as bits of one number. A message once sent stays deliverable for ever: that is loss (never
 * delivered), duplication, reordering and a sender that died long ago, all at once; more than Kafka ever does.
 */
import type { Command, ProtocolEvent } from '#protocol';
import type { ReplyMessage } from '#wire';
import { ASKS } from './participant.js';
import type { Ask } from './participant.js';

export interface Reply {
  readonly text: string;
  readonly event: Omit<
    Extract<ProtocolEvent, { branch: string; participant: string }>,
    'branch' | 'participant'
  >;
}

/** Bits 0 … 5 are the commands of ASKS; every further one is a reply, in the order in which they were first heard. */
export class Messages {
  readonly replies: Reply[] = [];
  private readonly ids = new Map<string, number>();

  static bitOfAsk(ask: Ask): number {
    return 1 << ASKS.indexOf(ask);
  }

  static bitOfCommand(command: Command): number {
    if (command.type === 'FORGET') return 0;
    const settle = command.type === 'COMPENSATE' && command.settle;
    return Messages.bitOfAsk(settle ? 'SETTLE' : command.type);
  }

  bitOfReply(message: ReplyMessage | null): number {
    if (!message) return 0;
    const reply = replyOf(message);
    const known = this.ids.get(reply.text);
    if (known !== undefined) return this.bitOf(known);
    this.ids.set(reply.text, this.replies.length);
    this.replies.push(reply);
    return this.bitOf(this.replies.length - 1);
  }

  /** The number of a reply that has its bit. */
  indexOf(message: ReplyMessage): number {
    return Math.log2(this.bitOfReply(message)) - ASKS.length;
  }

  bitOf(reply: number): number {
    const at = ASKS.length + reply;
    if (at > 30) throw new Error('more kinds of replies than bits');
    return 1 << at;
  }
}

/** Texts for people are dropped: no rule reads them. */
function replyOf(message: ReplyMessage): Reply {
  switch (message.type) {
    case 'VOTE': {
      const { attempt, vote, noCode } = message;
      const text = noCode ? `VOTE ${vote}(${noCode})` : `VOTE ${vote}`;
      return {
        text,
        event: { type: 'vote', attempt, vote, code: noCode, fault: null, output: null } as Reply['event'],
      };
    }
    case 'ACK': {
      const { attempt, state } = message;
      return { text: `ACK ${state}`, event: { type: 'ack', attempt, state, output: null } as Reply['event'] };
    }
    case 'RESULT': {
      const { attempt, phase, result, state } = message;
      const event = {
        type: 'result',
        attempt,
        phase,
        result,
        state,
        fault: null,
        output: null,
      } as Reply['event'];
      return { text: `RESULT ${phase} ${result} ${state ?? ''}`, event };
    }
    default:
      throw new Error(`no command of the search is answered by ${message.type}`);
  }
}
