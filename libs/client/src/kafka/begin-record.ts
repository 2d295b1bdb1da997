import type { OutgoingRecord } from '#messaging';
import { encodeRequest, type BeginRequest, type Topics } from '#wire';

/** A request to submit over Kafka. */
export interface Submission {
  readonly gtx: string;
  readonly request: BeginRequest;
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
}

/** The BEGIN record of a submission; the same bytes each time. `initiator` hears the answers. Throws OversizeError. */
export function beginRecord(topics: Topics, initiator: string, submission: Submission): OutgoingRecord {
  const { gtx, request, idempotencyKey, traceparent } = submission;
  const message = { type: 'BEGIN', gtx, initiator, request, idempotencyKey } as const;
  return { topic: topics.requests, ...encodeRequest(message, { traceparent }) };
}
