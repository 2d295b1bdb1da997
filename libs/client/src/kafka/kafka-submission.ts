import { backoffMs, type Outcome } from '#protocol';
import type { OutgoingRecord, Subscription } from '#messaging';
import type { Clock, Random } from '#observability';
import type { InitiatorMessage } from '#wire';
import { Batcher } from '../batcher.js';
import type { IdentifiedRequest } from '../checked-request.js';
import { ConcordatError, notInTime, stopped, unreachable } from '../errors.js';
import { beginRecord } from './begin-record.js';
import { sortLetters, type LetterDeps } from './initiator-letters.js';

export interface KafkaSubmissionDeps extends LetterDeps {
  /** Makes the topics where they are missing. */
  readonly ensureTopics: () => Promise<void>;
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
  /** ACCEPTED came: when the time is over, that is the answer. */
  accepted: boolean;
  readonly settle: (verdict: Verdict | ConcordatError) => void;
}

const MAX_RECORDS = 500;
const UNDECIDED: Verdict = { outcome: null, reason: null };

/**
 * Submits over `requests` and matches the answers by gtx. Nothing is stored: what must survive a crash goes through the outbox.
 *
 * Owns: the waiters of this process, the re-sends until they are answered.
 * Does not own: durability, the outbox and its outcome handlers.
 * Invariants: S1 each instance reads the whole topic in a group of its own: an answer is never lost to another instance.
 *   S2 a lost answer is asked for again by the same BEGIN, which is idempotent by gtx. S3 what it cannot read it skips: dead
 *   letters are made once, by the group that all instances share (the outbox's).
 */
export class KafkaSubmission {
  private readonly waiters = new Map<string, Set<Waiter>>();
  private readonly publisher: Batcher<OutgoingRecord>;
  private subscription: Promise<Subscription> | null = null;
  private isStopped = false;

  constructor(private readonly deps: KafkaSubmissionDeps) {
    this.publisher = new Batcher((records) => deps.bus.publish(records), MAX_RECORDS);
  }

  /**
   * Resolves when accepted or decided, or when the time is over with the request accepted. Throws ConcordatError: the code of
   * REJECTED, CONCORDAT_NOT_IN_TIME (not known to be accepted), CONCORDAT_UNREACHABLE (the broker is away).
   */
  async begin(request: IdentifiedRequest, options: KafkaBeginOptions): Promise<Verdict> {
    if (this.isStopped) throw stopped('the client');
    const gtx = request.id;
    await this.listen(gtx);
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
    // One that failed to open has told its caller.
    const subscription = await this.subscription?.catch(() => null);
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
      const giveUp = this.deps.clock.after(waitMs, () =>
        waiter.settle(waiter.accepted ? UNDECIDED : notInTime(gtx, wait, waitMs)),
      );
      let cancelResend = (): void => undefined;
      const send = (tries: number): void => {
        this.publish(record);
        cancelResend = this.deps.clock.after(backoffMs(tries, this.deps.random.next()), () =>
          send(tries + 1),
        );
      };
      const waiter: Waiter = {
        wait,
        accepted: false,
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

  private async listen(gtx: string): Promise<void> {
    this.subscription ??= this.subscribe();
    try {
      await this.subscription;
    } catch (error) {
      this.subscription = null;
      throw unreachable('the answers of the coordinators cannot be read', gtx, error);
    }
  }

  private async subscribe(): Promise<Subscription> {
    const { bus, topics, initiator, instance, ensureTopics, log } = this.deps;
    const topic = topics.initiator(initiator);
    await ensureTopics();
    return bus.subscribe({
      topics: [topic],
      group: `${topic}.submitter.${instance}`,
      from: 'latest',
      handler: async (batch) => {
        const { letters, refusals } = sortLetters(batch, initiator);
        if (refusals.length > 0) log.debug({ records: refusals.length }, 'skipped what is no letter to us');
        for (const letter of letters) this.hear(letter);
      },
    });
  }

  private hear(letter: InitiatorMessage): void {
    for (const waiter of [...(this.waiters.get(letter.gtx) ?? [])]) {
      if (letter.type === 'REJECTED') waiter.settle(rejection(letter));
      else if (letter.type === 'OUTCOME') waiter.settle({ outcome: letter.outcome, reason: letter.reason });
      else if (waiter.wait === 'accepted') waiter.settle(UNDECIDED);
      else waiter.accepted = true;
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
