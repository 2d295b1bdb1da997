import { branchOf } from '#protocol';
import type { IncomingRecord } from '#messaging';
import type { ParticipantHello } from '#persistence';
import { decodeReplies } from '#wire';
import type { ReplyMessage } from '#wire';
import type { EngineDeps } from '../deps.js';
import type { EventResult, WorkEvent } from '../drive/work.js';
import { answerInquiries } from '../recovery/inquiries.js';
import type { Inquiry } from '../recovery/inquiries.js';
import type { DeadLetterBox, Refusal } from './letters.js';
import type { Registry } from './registry.js';
import { asksForOutcome, replyEvent } from './reply-events.js';
import type { BranchReply } from './reply-events.js';

interface Received {
  readonly record: IncomingRecord;
  readonly reply: BranchReply;
}

export interface ReplyHooks {
  readonly submit: (gtx: string, event: WorkEvent) => Promise<EventResult>;
  /** A new process of this participant said HELLO: repeat now what waits for it. */
  readonly participantIsBack: (participant: string) => void;
}

/** What arrives on the replies topic, one batch at a time. Resolves when everything in it is recorded, answered or a dead letter. */
export class ReplyIntake {
  constructor(
    private readonly deps: EngineDeps,
    private readonly registry: Registry,
    private readonly letters: DeadLetterBox,
    private readonly hooks: ReplyHooks,
  ) {}

  async handle(batch: readonly IncomingRecord[]): Promise<void> {
    const refusals: Refusal[] = [];
    const received: Received[] = [];
    const hellos: ParticipantHello[] = [];
    for (const record of batch) {
      for (const decoded of decodeReplies(record)) {
        if (!decoded.ok) refusals.push({ record, reason: decoded.reason, detail: decoded.detail });
        else if (decoded.message.type === 'HELLO') hellos.push(helloOf(decoded.message));
        else received.push({ record, reply: decoded.message });
      }
    }
    await this.greet(hellos);
    const outcomes = await Promise.all(received.map((one) => this.tell(one)));
    const unknown = received.filter((_, at) => outcomes[at] === 'unknown');
    refusals.push(...outcomes.filter((outcome) => typeof outcome === 'object'));
    refusals.push(...(await this.answerUnknown(unknown)));
    await this.letters.put(refusals);
  }

  private async greet(hellos: readonly ParticipantHello[]): Promise<void> {
    if (hellos.length === 0) return;
    await this.deps.ledger.hello([
      ...new Map(hellos.map((hello) => [`${hello.name}/${hello.instance}`, hello])).values(),
    ]);
    for (const name of await this.registry.refresh()) this.hooks.participantIsBack(name);
  }

  private async tell({ record, reply }: Received): Promise<'ok' | 'unknown' | Refusal> {
    const event = replyEvent(reply);
    const result = event ? await this.hooks.submit(reply.gtx, event) : await this.inquire(reply);
    if (result.kind === 'unknown') return 'unknown';
    if (result.kind === 'refused') return { record, reason: result.code, detail: result.detail };
    // Only what was believed: the name of a participant is a label, and strangers must not make labels.
    if (reply.type === 'VOTE') this.countVote(reply);
    return 'ok';
  }

  /** An INQUIRY is answered by repeating the decision to the branch that asks; PENDING is no answer: the decision will come. */
  private async inquire(reply: BranchReply): Promise<EventResult> {
    const looked = await this.hooks.submit(reply.gtx, { type: 'look' });
    if (looked.kind !== 'ok') return looked;
    const fault = senderFault(looked, reply);
    if (fault) return fault;
    const [answered] = await answerInquiries(this.deps.ledger, [inquiryOf(reply)]);
    if (answered && (answered.answer === 'COMMIT' || answered.answer === 'ABORT')) {
      await this.hooks.submit(reply.gtx, {
        type: 'answer',
        command: { type: answered.answer, ...addressOf(reply) },
      });
    }
    return looked;
  }

  /** A gtx no ledger row knows: a registered participant that holds something gets the inquiry rule, the rest is refused. */
  private async answerUnknown(unknown: readonly Received[]): Promise<readonly Refusal[]> {
    if (unknown.length === 0) return [];
    const known = await this.registry.find(unknown.map(({ reply }) => reply.participant));
    const [registered, strangers] = split(unknown, ({ reply }) => known.has(reply.participant));
    const asking = registered.filter(({ reply }) => asksForOutcome(reply));
    const answers = await answerInquiries(
      this.deps.ledger,
      asking.map(({ reply }) => inquiryOf(reply)),
    );
    for (const { inquiry, answer } of answers) {
      if (answer === 'ABORT' || answer === 'COMMIT') {
        await this.hooks.submit(inquiry.gtx, {
          type: 'answer',
          command: { type: answer, ...addressOf(inquiry) },
        });
      }
    }
    return strangers.map(({ record, reply }) => ({
      record,
      reason: 'UNKNOWN_PARTICIPANT',
      detail: `${reply.participant} never registered`,
    }));
  }

  private countVote(reply: Extract<BranchReply, { type: 'VOTE' }>): void {
    this.deps.metrics.count('concordat_votes_total', { participant: reply.participant, vote: reply.vote });
  }
}

/** Only a branch of the plan, through its own participant, may ask; a tombstone has no plan and answers anybody registered. */
function senderFault(looked: Extract<EventResult, { kind: 'ok' }>, reply: BranchReply): EventResult | null {
  const { stored } = looked;
  if (stored.tombstone) return null;
  const branch = branchOf(stored.tx, reply.branch);
  if (!branch) return { kind: 'refused', code: 'UNKNOWN_BRANCH', detail: reply.branch, stored };
  if (branch.participant === reply.participant) return null;
  return {
    kind: 'refused',
    code: 'WRONG_PARTICIPANT',
    detail: `${reply.participant} is not ${branch.participant}`,
    stored,
  };
}

function helloOf(message: Extract<ReplyMessage, { type: 'HELLO' }>): ParticipantHello {
  const { participant, operations, wireVersions, instance, bootId } = message;
  return { name: participant, operations, wireVersions, instance, bootId };
}

function inquiryOf(reply: BranchReply): Inquiry {
  // A vote does not say which ledger epoch it answers: it is barred by a hold only.
  const ledgerEpoch = reply.type === 'INQUIRY' ? reply.ledgerEpoch : 0;
  return { ...addressOf(reply), ledgerEpoch };
}

function addressOf(reply: {
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
  readonly participant: string;
}) {
  return { gtx: reply.gtx, attempt: reply.attempt, branch: reply.branch, participant: reply.participant };
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
