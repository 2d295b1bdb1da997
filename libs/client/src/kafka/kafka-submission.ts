import { backoffMs, type Outcome } from '#protocol';
import type { OutgoingRecord, Subscription } from '#messaging';
import type { Clock, Random } from '#observability';
import type { InitiatorMessage } from '#wire';
import { Batcher } from '../batcher.js';
import type { IdentifiedRequest } from '../checked-request.js';
import { ConcordatError, notInTime, stopped } from '../errors.js';
import { beginRecord } from './begin-record.js';
import { readLetters, type LetterDeps } from './initiator-letters.js';

export interface KafkaSubmissionDeps extends LetterDeps {
  readonly clock: Clock;
  readonly random: Random;
}

export interface KafkaBeginOptions {
  /** Over Kafka nobody is told of the last acknowledgement, only of the outcome. */
  readonly wait: 'accepted' | 'decided';
  readonly waitMs: number;
  readonly idempotencyKey: string | null;
}

/** What the initiator's topic says of a transaction. */
export interface Verdict {
  /** null: accepted, not decided yet. */
  readonly outcome: Outcome | null;
  readonly reason: string | null;
}

interface Waiter {
  readonly wait: KafkaBeginOptions['wait'];
  readonly settle: (verdict: Verdict | ConcordatError) => void;
}

const MAX_RECORDS = 500;

/**
 * Submits over `requests` and matches the answers by gtx. Nothing is stored: what must survive a crash goes through the outbox.
 *
 * Owns: the waiters of this process, the re-sends until they are answered.
 * Does not own: durability, the outbox and its outcome handlers.
 * Invariants: S1 each instance reads the whole topic in a group of its own: an answer is never lost to another instance.
 *   S2 a lost answer is asked for again by the same BEGIN, which is idempotent by gtx.
 */
export class KafkaSubmission {
  private readonly waiters = new Map<string, Set<Waiter>>();
  private readonly publisher: Batcher<OutgoingRecord>;
  private subscription: Promise<Subscription> | null = null;
  private isStopped = false;

  constructor(private readonly deps: KafkaSubmissionDeps) {
    this.publisher = new Batcher((records) => deps.bus.publish(records), MAX_RECORDS);
  }

  /** Resolves when accepted or decided. Throws ConcordatError: the code of REJECTED, or CONCORDAT_NOT_IN_TIME. */
  async begin(request: IdentifiedRequest, options: KafkaBeginOptions): Promise<Verdict> {
    if (this.isStopped) throw stopped('the client');
    await this.listen();
    const gtx = request.id;
    const { idempotencyKey } = options;
    const record = beginRecord(this.deps.topics, this.deps.initiator, {
      gtx,
      request,
      idempotencyKey,
      traceparent: null,
    });
    const verdict = await this.answerTo(gtx, record, options);
    if (verdict instanceof ConcordatError) throw verdict;
    return verdict;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    const subscription = await this.subscription;
    await subscription?.stop();
    for (const waiters of this.waiters.values())
      for (const { settle } of waiters) settle(stopped('the client'));
    await this.publisher.idle();
  }

  private answerTo(
    gtx: string,
    record: OutgoingRecord,
    { wait, waitMs }: KafkaBeginOptions,
  ): Promise<Verdict | ConcordatError> {
    return new Promise((resolve) => {
      const giveUp = this.deps.clock.after(waitMs, () => waiter.settle(notInTime(gtx, wait, waitMs)));
      let cancelResend = (): void => undefined;
      const send = (tries: number): void => {
        this.publish(record);
        cancelResend = this.deps.clock.after(backoffMs(tries, this.deps.random.next()), () =>
          send(tries + 1),
        );
      };
      const waiter: Waiter = {
        wait,
        settle: (verdict) => {
          giveUp();
          cancelResend();
          this.forget(gtx, waiter);
          resolve(verdict);
        },
      };
      this.waiters.set(gtx, (this.waiters.get(gtx) ?? new Set()).add(waiter));
      send(0);
    });
  }

  private publish(record: OutgoingRecord): void {
    this.publisher.add(record).catch((error: unknown) => {
      this.deps.log.warn({ err: error, gtx: record.key }, 'BEGIN not sent; it is sent again');
    });
  }

  private forget(gtx: string, waiter: Waiter): void {
    const waiters = this.waiters.get(gtx);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.waiters.delete(gtx);
  }

  private async listen(): Promise<void> {
    const { bus, topics, initiator, instance } = this.deps;
    this.subscription ??= bus.subscribe({
      topics: [topics.initiator(initiator)],
      group: `${topics.initiator(initiator)}.submitter.${instance}`,
      from: 'latest',
      handler: async (batch) => {
        for (const letter of await readLetters(batch, this.deps)) this.hear(letter);
      },
    });
    try {
      await this.subscription;
    } catch (error) {
      this.subscription = null;
      throw error;
    }
  }

  private hear(letter: InitiatorMessage): void {
    for (const waiter of [...(this.waiters.get(letter.gtx) ?? [])]) {
      if (letter.type === 'REJECTED') waiter.settle(rejection(letter));
      else if (letter.type === 'OUTCOME') waiter.settle({ outcome: letter.outcome, reason: letter.reason });
      else if (waiter.wait === 'accepted') waiter.settle({ outcome: null, reason: null });
    }
  }
}

function rejection(letter: InitiatorMessage & { type: 'REJECTED' }): ConcordatError {
  return new ConcordatError(letter.code, letter.detail, {
    retriable: false,
    remedy: 'The request can never be accepted as it is: see the code and correct it.',
    gtx: letter.gtx,
  });
}
