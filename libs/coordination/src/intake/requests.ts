import { outcomeOf } from '#protocol';
import { BusError } from '#messaging';
import type { IncomingRecord } from '#messaging';
import { decodeRequest, encodeInitiator } from '#wire';
import type { InitiatorMessage, RequestMessage } from '#wire';
import type { EngineDeps } from '../deps.js';
import { afterLedger } from '../relay/durable.js';
import type { Relay } from '../relay/relay.js';
import { BeginRejected } from './begin-rejected.js';
import type { DeadLetterBox, Refusal } from './letters.js';
import type { SubmissionDesk } from './submission.js';

interface Request {
  readonly record: IncomingRecord;
  readonly message: RequestMessage;
  readonly traceparent: string | null;
}

/**
 * BEGIN over Kafka: the same rules as HTTP, answered ACCEPTED or REJECTED(code) on the initiator's topic. What may be accepted
 * later (overload, recovery hold, ledger away) rejects the batch: it is delivered again and nothing is lost (G3).
 * An initiator without a topic could never be answered, and its request would come again for ever before all others: a dead letter,
 * and nothing is begun. One that is only just starting asks again.
 */
export class RequestIntake {
  constructor(
    private readonly deps: EngineDeps,
    private readonly desk: SubmissionDesk,
    private readonly relay: Relay,
    private readonly letters: DeadLetterBox,
  ) {}

  async handle(batch: readonly IncomingRecord[]): Promise<void> {
    const refusals: Refusal[] = [];
    const requests: Request[] = [];
    for (const record of batch) {
      const decoded = decodeRequest(record);
      if (decoded.ok) requests.push({ record, message: decoded.message, traceparent: decoded.traceparent });
      else refusals.push({ record, reason: decoded.reason, detail: decoded.detail });
    }
    const unheard = await this.withoutTopic(requests);
    const answerable = requests.filter(({ message }) => !unheard.has(message.initiator));
    const answers = await Promise.all(answerable.map((request) => this.submit(request)));
    await this.publish(answers);
    await this.letters.put([...refusals, ...requests.flatMap((request) => unheardRefusal(request, unheard))]);
  }

  /** Initiators of these requests whose topic does not exist. */
  private async withoutTopic(requests: readonly Request[]): Promise<ReadonlySet<string>> {
    const names = [...new Set(requests.map(({ message }) => message.initiator))];
    const heard = await Promise.all(names.map((name) => this.topicExists(name)));
    return new Set(names.filter((_, at) => !heard[at]));
  }

  private async topicExists(initiator: string): Promise<boolean> {
    try {
      await this.deps.bus.partitions(this.deps.topics.initiator(initiator));
      return true;
    } catch (error) {
      if (error instanceof BusError && error.code === 'UNKNOWN_TOPIC') return false;
      throw error;
    }
  }

  private async submit({ message, traceparent }: Request): Promise<InitiatorMessage> {
    const { gtx, initiator, idempotencyKey } = message;
    const request = { ...message.request, id: gtx };
    try {
      const { stored } = await this.desk.submit({ request, idempotencyKey, initiator, traceparent });
      await this.tellOutcome(stored, initiator);
      return { type: 'ACCEPTED', initiator, gtx };
    } catch (error) {
      if (!(error instanceof BeginRejected) || error.retriable) throw error;
      const detail = [error.message, ...error.faults.map((fault) => `${fault.pointer}: ${fault.detail}`)]
        .join('; ')
        .slice(0, 2048);
      return { type: 'REJECTED', initiator, gtx, code: error.code, detail };
    }
  }

  /** A repeated BEGIN of an ended transaction hears its outcome again: the first telling may have been lost. */
  private async tellOutcome(
    stored: Awaited<ReturnType<SubmissionDesk['submit']>>['stored'],
    initiator: string,
  ): Promise<void> {
    if (outcomeOf(stored.tx) === null) return;
    const { tx, traceparent } = stored;
    await this.relay.send([
      afterLedger({ tx, commands: [], announce: [], final: true, initiator, traceparent, budgetMs: 0 }),
    ]);
  }

  private async publish(answers: readonly InitiatorMessage[]): Promise<void> {
    if (answers.length === 0) return;
    await this.deps.bus.publish(
      answers.map((answer) => ({
        topic: this.deps.topics.initiator(answer.initiator),
        ...encodeInitiator(answer),
      })),
    );
  }
}

function unheardRefusal({ record, message }: Request, unheard: ReadonlySet<string>): readonly Refusal[] {
  const { initiator } = message;
  if (!unheard.has(initiator)) return [];
  return [{ record, reason: 'UNKNOWN_INITIATOR', detail: `${initiator} has no topic to be answered on` }];
}
