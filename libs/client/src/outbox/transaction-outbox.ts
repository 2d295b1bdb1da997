import type { Json } from '#protocol';
import type { OutboxStore } from '#persistence';
import type { Random } from '#observability';
import { encodeRequest, OversizeError, type BeginRequestInput } from '#wire';
import { checkedRequest, type IdentifiedRequest } from '../checked-request.js';
import { invalidRequest, notConfigured } from '../errors.js';

export interface EnqueueOptions {
  /** Requests of the same key are accepted (or rejected) one after the other, in the order they were enqueued. Default: no order. */
  readonly key?: string;
  /** Passed on to the coordinator: the same key with the same request is the same transaction for 14 days. */
  readonly idempotencyKey?: string;
}

/** Submits transactions that stand or fall with a local change (protocol.md §6). */
export class TransactionOutbox {
  constructor(
    private readonly store: OutboxStore | null,
    private readonly initiator: string,
    private readonly random: Random,
  ) {}

  /**
   * Writes a request in the caller's open local transaction and returns the id of the global transaction (UUIDv7). It is
   * submitted if and only if that local transaction commits. `connection`: a pg client or a TypeORM EntityManager.
   * Throws ConcordatError CONCORDAT_INVALID_REQUEST for a request no coordinator could accept: let it roll back.
   */
  async enqueue(
    connection: unknown,
    input: BeginRequestInput,
    { key, idempotencyKey }: EnqueueOptions = {},
  ): Promise<string> {
    if (this.store === null) throw notConfigured('the outbox', 'a bus and an outbox store');
    const request = checkedRequest(input, () => this.random.uuidv7());
    this.assertFits(request, idempotencyKey ?? null);
    const gtx = request.id;
    // Checked just now; what is undefined in it is absent in its JSON.
    const json = request as unknown as Json;
    await this.store.enqueue(connection, [
      { gtx, key: key ?? null, request: json, idempotencyKey: idempotencyKey ?? null },
    ]);
    return gtx;
  }

  /** An oversize request would sit in the outbox for ever. */
  private assertFits(request: IdentifiedRequest, idempotencyKey: string | null): void {
    try {
      encodeRequest({ type: 'BEGIN', gtx: request.id, initiator: this.initiator, request, idempotencyKey });
    } catch (error) {
      if (error instanceof OversizeError) throw invalidRequest([{ pointer: '', detail: error.message }]);
      throw error;
    }
  }
}
