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
    const results = await this.results(received);
    const unknown = received.filter((_, at) => results[at]!.kind === 'unknown');
    refusals.push(...results.flatMap((result, at) => refusalOf(received[at]!, result)));
    refusals.push(...(await this.answerUnknown(unknown)));
    await this.letters.put(refusals);
  }

  /** In the order of the replies. What is told and what is asked go side by side, each as a batch. */
  private async results(received: readonly Received[]): Promise<readonly EventResult[]> {
    const [asking, telling] = split(received, ({ reply }) => reply.type === 'INQUIRY');
    const [asked, told] = await Promise.all([this.inquire(asking), this.tell(telling)]);
    const all = new Map([
      ...asking.map((one, at) => [one, asked[at]!] as const),
      ...telling.map((one, at) => [one, told[at]!] as const),
    ]);
    return received.map((one) => all.get(one)!);
  }

  private async greet(hellos: readonly ParticipantHello[]): Promise<void> {
    if (hellos.length === 0) return;
    await this.deps.ledger.hello([
      ...new Map(hellos.map((hello) => [`${hello.name}/${hello.instance}`, hello])).values(),
    ]);
    for (const name of await this.registry.refresh()) this.hooks.participantIsBack(name);
  }

  private async tell(telling: readonly Received[]): Promise<readonly EventResult[]> {
    const results = await Promise.all(
      telling.map(({ reply }) => this.hooks.submit(reply.gtx, replyEvent(reply)!)),
    );
    // Only what was believed: the name of a participant is a label, and strangers must not make labels.
    for (const [at, { reply }] of telling.entries())
      if (reply.type === 'VOTE' && results[at]!.kind === 'ok') this.countVote(reply);
    return results;
  }

  /** An INQUIRY is answered by repeating the decision to the branch that asks; PENDING is no answer: the decision will come. */
  private async inquire(asking: readonly Received[]): Promise<readonly EventResult[]> {
    const looked = await Promise.all(
      asking.map(({ reply }) => this.hooks.submit(reply.gtx, { type: 'look' })),
    );
    const results = looked.map((result, at) => senderFault(result, asking[at]!.reply) ?? result);
    const rightful = asking.filter((_, at) => results[at]!.kind === 'ok');
    await this.answer(rightful);
    return results;
  }

  private async answer(asking: readonly Received[]): Promise<void> {
    const inquiries = asking.map(({ reply }) => inquiryOf(reply));
    const answers = await answerInquiries(this.deps.ledger, inquiries);
    await Promise.all(
      answers.map(async ({ inquiry, answer }) => {
        if (answer !== 'COMMIT' && answer !== 'ABORT') return;
        await this.hooks.submit(inquiry.gtx, {
          type: 'answer',
          command: { type: answer, ...addressOf(inquiry) },
        });
      }),
    );
  }

  /** A gtx no ledger row knows: a registered participant that holds something gets the inquiry rule, the rest is refused. */
  private async answerUnknown(unknown: readonly Received[]): Promise<readonly Refusal[]> {
    if (unknown.length === 0) return [];
    const known = await this.registry.find(unknown.map(({ reply }) => reply.participant));
    const [registered, strangers] = split(unknown, ({ reply }) => known.has(reply.participant));
    await this.answer(registered.filter(({ reply }) => asksForOutcome(reply)));
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
function senderFault(looked: EventResult, reply: BranchReply): EventResult | null {
  if (looked.kind !== 'ok') return null;
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

function refusalOf({ record }: Received, result: EventResult): readonly Refusal[] {
  return result.kind === 'refused' ? [{ record, reason: result.code, detail: result.detail }] : [];
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
