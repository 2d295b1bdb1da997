import { backoffMs, type BackoffOptions } from '#protocol';
import type { Clock, Random } from '#observability';
import type { IdentifiedRequest } from '../checked-request.js';
import { notInTime } from '../errors.js';
import { pause } from '../pause.js';
import { hasReached, readTransactionView, type Stage, type TransactionView } from '../transaction-view.js';
import type { CoordinatorHttp } from './coordinator-http.js';
import { type HttpAnswer } from './exchange.js';
import { badAnswer } from './problem.js';

/** Time a coordinator has for an answer that waits for nothing. */
const ANSWER_MS = 10_000;
const LOOK_BACKOFF: BackoffOptions = { baseMs: 10, capMs: 500, jitter: 0.2 };

export interface HttpBeginOptions {
  readonly wait: 'accepted' | Stage;
  readonly waitMs: number;
  readonly idempotencyKey: string | null;
}

/** The verbs of api.md §2 that an initiator needs, over HTTP. */
export class HttpSubmission {
  constructor(
    private readonly http: CoordinatorHttp,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Every try says the same id, so a repetition after a lost answer is the same transaction. */
  async begin(request: IdentifiedRequest, options: HttpBeginOptions): Promise<TransactionView> {
    const body = JSON.stringify(request);
    const until = this.clock.nowMs() + options.waitMs;
    const path = '/v1/transactions';
    const answer = await this.http.call(() => {
      const waitMs = options.wait === 'accepted' ? 0 : Math.max(0, Math.round(until - this.clock.nowMs()));
      return {
        method: 'POST',
        path: `${path}?wait=${options.wait}&waitMs=${waitMs}`,
        headers: headersFor(options.idempotencyKey),
        body,
        timeoutMs: waitMs + ANSWER_MS,
      };
    }, request.id);
    return viewIn(answer, path, request.id);
  }

  async get(id: string): Promise<TransactionView> {
    const path = `/v1/transactions/${encodeURIComponent(id)}`;
    const answer = await this.http.call(() => ({ method: 'GET', path, timeoutMs: ANSWER_MS }), id);
    return viewIn(answer, path, id);
  }

  /** Looks again and again, ever more seldom. Throws ConcordatError CONCORDAT_NOT_IN_TIME. */
  async waitFor(id: string, stage: Stage, waitMs: number): Promise<TransactionView> {
    const until = this.clock.nowMs() + waitMs;
    for (let looks = 0; ; looks += 1) {
      const view = await this.get(id);
      if (hasReached(view, stage)) return view;
      const leftMs = until - this.clock.nowMs();
      if (leftMs <= 0) throw notInTime(id, stage, waitMs);
      await pause(this.clock, Math.min(leftMs, backoffMs(looks, this.random.next(), LOOK_BACKOFF)));
    }
  }
}

function headersFor(idempotencyKey: string | null): Record<string, string> {
  const json = { 'content-type': 'application/json' };
  return idempotencyKey === null ? json : { ...json, 'idempotency-key': idempotencyKey };
}

function viewIn(answer: HttpAnswer, path: string, gtx: string): TransactionView {
  const view = readTransactionView(answer.body);
  if (view === null) throw badAnswer(path, gtx);
  return view;
}
