import { outcomeOf } from '#protocol';
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
  readonly message: RequestMessage;
  readonly traceparent: string | null;
}

/**
 * BEGIN over Kafka: the same rules as HTTP, answered ACCEPTED or REJECTED(code) on the initiator's topic. What may be accepted
 * later (overload, recovery hold, ledger away) rejects the batch: it is delivered again and nothing is lost (G3).
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
      if (decoded.ok) requests.push({ message: decoded.message, traceparent: decoded.traceparent });
      else refusals.push({ record, reason: decoded.reason, detail: decoded.detail });
    }
    const answers = await Promise.all(requests.map((request) => this.submit(request)));
    await this.publish(answers);
    await this.letters.put(refusals);
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
