import type { BranchKey } from '#persistence';
import type { Decision } from '#protocol';
import type { Log } from '#observability';
import { messageOf } from '../desk/fault.js';
import type { Ask, Doubt } from './in-doubt.js';
import type { Publisher } from './publisher.js';

/** INQUIRY over Kafka: the answer is an ordinary COMMIT or ABORT command. */
export function askOverKafka(participant: string, publisher: Publisher): Ask {
  return (doubts) => {
    publisher.send(
      doubts.map(({ key, ledgerEpoch }) => ({
        message: { type: 'INQUIRY', participant, ...key, ledgerEpoch },
        partition: null,
        traceparent: null,
      })),
    );
    return Promise.resolve();
  };
}

export type Fetch = typeof globalThis.fetch;

export interface HttpInquiryOptions {
  readonly participant: string;
  /** Base URLs of coordinators; tried in turn until one answers. */
  readonly urls: readonly string[];
  readonly fetch: Fetch;
  readonly log: Log;
  readonly apply: (key: BranchKey, decision: Decision) => Promise<void>;
}

const TIMEOUT_MS = 2_000;
/** Questions under way at a time. */
const ABREAST = 16;

/** `POST /v1/inquiries` (api.md §2), for when Kafka is silent. PENDING, UNKNOWN and every fault mean: wait. */
export function askOverHttp(options: HttpInquiryOptions): Ask {
  return async (doubts) => {
    for (let start = 0; start < doubts.length; start += ABREAST) {
      await Promise.all(doubts.slice(start, start + ABREAST).map((doubt) => askOne(options, doubt)));
    }
  };
}

async function askOne(options: HttpInquiryOptions, doubt: Doubt): Promise<void> {
  for (const url of options.urls) {
    const outcome = await inquire(options, url, doubt);
    if (outcome === 'COMMIT' || outcome === 'ABORT') return options.apply(doubt.key, outcome);
    if (outcome !== null) return;
  }
}

/** null: this URL gave no answer. */
async function inquire(
  { participant, fetch, log }: HttpInquiryOptions,
  url: string,
  doubt: Doubt,
): Promise<string | null> {
  try {
    const response = await fetch(new URL('/v1/inquiries', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...doubt.key, participant, ledgerEpoch: doubt.ledgerEpoch }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { outcome } = (await response.json()) as { outcome?: unknown };
    return typeof outcome === 'string' ? outcome : null;
  } catch (error) {
    log.warn({ ...doubt.key, url, error: messageOf(error) }, 'an inquiry over HTTP got no answer');
    return null;
  }
}
