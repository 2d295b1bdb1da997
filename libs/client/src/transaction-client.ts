import type { Outcome } from '#protocol';
import type { Clock, Random } from '#observability';
import type { BeginRequestInput } from '#wire';
import { checkedRequest, type IdentifiedRequest } from './checked-request.js';
import { notConfigured } from './errors.js';
import type { HttpSubmission } from './http/http-submission.js';
import type { KafkaSubmission } from './kafka/kafka-submission.js';
import { reasonOf, type Stage, type TransactionView } from './transaction-view.js';

const DEFAULT_WAIT_MS = 30_000;
const COORDINATORS = 'the URL of a coordinator (CONCORDAT_COORDINATOR_URL)';

export interface BeginOptions {
  /** Until when to wait. Default `accepted`: the request is durable. `applied` needs HTTP. */
  readonly wait?: 'accepted' | Stage;
  /** Milliseconds. Default 30,000. */
  readonly waitMs?: number;
  /** Kept for 14 days: the same key with the same request is the same transaction. */
  readonly idempotencyKey?: string;
  /** Default: HTTP where coordinator URLs are configured, else Kafka. */
  readonly via?: 'http' | 'kafka';
}

/** An accepted request. */
export interface BegunTransaction {
  readonly id: string;
  /** null: not decided when the wait ended. Once set it never changes. */
  readonly outcome: Outcome | null;
  /** Refusal code of the first NO, or why else it was aborted. */
  readonly reason: string | null;
  /** The whole transaction; null when it was submitted over Kafka. */
  readonly transaction: TransactionView | null;
}

export interface TransactionClientParts {
  /** null: no coordinator URL is configured. */
  readonly http: HttpSubmission | null;
  /** null: no broker or no initiator's name is configured. */
  readonly kafka: KafkaSubmission | null;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Submits transactions and waits for them, with nothing stored on this side: a crash forgets what it submitted.
 * Use TransactionOutbox where a local change and the transaction must stand or fall together.
 */
export class TransactionClient {
  constructor(private readonly parts: TransactionClientParts) {}

  /**
   * Resolves when the stage asked for is reached, or when `waitMs` passed with the request accepted.
   * Throws ConcordatError: refused (its code), or not known to be accepted (`retriable`; `gtx` is the id to ask with again).
   */
  async begin(input: BeginRequestInput, options: BeginOptions = {}): Promise<BegunTransaction> {
    const request = checkedRequest(input, () => this.parts.random.uuidv7());
    const via = options.via ?? (this.parts.http === null ? 'kafka' : 'http');
    return via === 'http' ? this.overHttp(request, options) : this.overKafka(request, options);
  }

  /** The transaction as it is now: a pure read. Throws ConcordatError, status 404 when unknown. Needs HTTP. */
  async get(id: string): Promise<TransactionView> {
    return this.http().get(id);
  }

  /** Waits until the outcome is set (or every branch applied it). Throws ConcordatError CONCORDAT_NOT_IN_TIME. Needs HTTP. */
  async waitForOutcome(
    id: string,
    { stage = 'decided', waitMs = DEFAULT_WAIT_MS }: { stage?: Stage; waitMs?: number } = {},
  ): Promise<TransactionView> {
    return this.http().waitFor(id, stage, waitMs);
  }

  /** Ends the waits that are under way. */
  async stop(): Promise<void> {
    await this.parts.kafka?.stop();
  }

  private async overHttp(request: IdentifiedRequest, options: BeginOptions): Promise<BegunTransaction> {
    const transaction = await this.http().begin(request, {
      wait: options.wait ?? 'accepted',
      waitMs: options.waitMs ?? DEFAULT_WAIT_MS,
      idempotencyKey: options.idempotencyKey ?? null,
    });
    return { id: transaction.id, outcome: transaction.outcome, reason: reasonOf(transaction), transaction };
  }

  private async overKafka(request: IdentifiedRequest, options: BeginOptions): Promise<BegunTransaction> {
    const { wait = 'accepted', waitMs = DEFAULT_WAIT_MS, idempotencyKey = null } = options;
    if (wait === 'applied') throw notConfigured('wait=applied', COORDINATORS);
    if (this.parts.kafka === null) throw notConfigured('submission over Kafka', 'a bus');
    const verdict = await this.parts.kafka.begin(request, { wait, waitMs, idempotencyKey });
    return { id: request.id, ...verdict, transaction: null };
  }

  private http(): HttpSubmission {
    if (this.parts.http === null) throw notConfigured('this call', COORDINATORS);
    return this.parts.http;
  }
}
