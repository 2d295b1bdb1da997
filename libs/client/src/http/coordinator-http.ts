import { backoffMs, type BackoffOptions } from '#protocol';
import type { Clock, Log, Random } from '#observability';
import { type ConcordatError, unreachable } from '../errors.js';
import { pause } from '../pause.js';
import { type HttpAnswer, type HttpCall, type HttpExchange } from './exchange.js';
import { mayPass, refusalOf } from './problem.js';

/** Pace of whole rounds over all coordinators. */
const ROUND_BACKOFF: BackoffOptions = { baseMs: 100, capMs: 5_000, jitter: 0.2 };

export interface CoordinatorHttpOptions {
  /** Base URLs, in order of preference. At least one. */
  readonly urls: readonly string[];
  /** Rounds over all URLs before a call gives up. Default 8: about 15 s of waiting. */
  readonly maxRounds?: number | undefined;
}

export interface CoordinatorHttpDeps {
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What to ask; built anew for each try, so that what is left of a waiting time can be said. */
export interface CoordinatorCall {
  readonly method: HttpCall['method'];
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** One try: an answer that stands, or why another coordinator should be asked. */
type Try = { readonly answer: HttpAnswer } | { readonly fault: ConcordatError; readonly waitMs: number };

/**
 * Asks one of several coordinators. Every coordinator knows every transaction, so the next one can answer as well:
 * it goes on to it on a connection error, 429, 502, 503 and 504, pauses after each whole round (capped backoff with jitter,
 * at least `Retry-After`), and gives up after a bounded number of rounds. The one that answered last is asked first.
 */
export class CoordinatorHttp {
  private preferred = 0;

  constructor(
    private readonly options: CoordinatorHttpOptions,
    private readonly deps: CoordinatorHttpDeps,
  ) {
    if (options.urls.length === 0) throw new RangeError('at least one coordinator URL is needed');
  }

  /** The first answer that stands, 2xx. Throws ConcordatError for a refusal, or when no coordinator answered. */
  async call(describe: () => CoordinatorCall, gtx: string | null): Promise<HttpAnswer> {
    const { maxRounds = 8 } = this.options;
    for (let round = 0; ; round += 1) {
      const result = await this.round(describe, gtx);
      if ('answer' in result) return standing(result.answer, gtx);
      if (round + 1 >= maxRounds) throw result.fault;
      const backoff = backoffMs(round, this.deps.random.next(), ROUND_BACKOFF);
      await pause(this.deps.clock, Math.max(backoff, result.waitMs));
    }
  }

  /** Every coordinator once, the preferred one first. */
  private async round(describe: () => CoordinatorCall, gtx: string | null): Promise<Try> {
    const { urls } = this.options;
    let shortest: Try | null = null;
    for (let i = 0; i < urls.length; i += 1) {
      const at = (this.preferred + i) % urls.length;
      const result = await this.ask(urls[at]!, describe(), gtx);
      if ('answer' in result) {
        this.preferred = at;
        return result;
      }
      if (shortest === null || !('waitMs' in shortest) || result.waitMs <= shortest.waitMs) shortest = result;
    }
    return shortest!;
  }

  private async ask(base: string, call: CoordinatorCall, gtx: string | null): Promise<Try> {
    const url = `${base.replace(/\/+$/, '')}${call.path}`;
    try {
      const answer = await this.deps.exchange({
        method: call.method,
        url,
        headers: { accept: 'application/json', ...call.headers },
        body: call.body ?? null,
        timeoutMs: call.timeoutMs,
      });
      if (!mayPass(answer.status)) return { answer };
      return { fault: refusalOf(answer, gtx), waitMs: answer.retryAfterMs ?? 0 };
    } catch (error) {
      this.deps.log.debug({ err: error, url }, 'coordinator not reached; asking the next one');
      return { fault: unreachable(`no answer from ${url}`, gtx, error), waitMs: 0 };
    }
  }
}

function standing(answer: HttpAnswer, gtx: string | null): HttpAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refusalOf(answer, gtx);
}
