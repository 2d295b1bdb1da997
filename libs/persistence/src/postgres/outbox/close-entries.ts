import { plainArray, textArray } from '../ledger/arrays.js';
import type { OutboxOutcome } from '../../port/outbox-store.js';
import type { Statement } from '../sessions/statement.js';

/** What the coordinator said of entries. Each names the states it may leave, so what comes late or twice changes nothing. */
export const accept = (gtxs: readonly string[], askAgainInMs: number): Statement => ({
  text: `
    UPDATE concordat.outbox
    SET state = 'accepted', next_at = clock_timestamp() + $2::float8 * interval '1 ms'
    WHERE gtx = ANY($1::uuid[]) AND state = 'pending'`,
  values: [plainArray(gtxs), askAgainInMs],
});

export const reject = (rejections: readonly { gtx: string; reason: string }[]): Statement => ({
  text: `
    UPDATE concordat.outbox o SET state = 'rejected', reason = k.reason, next_at = clock_timestamp()
    FROM unnest($1::uuid[], $2::text[]) AS k(gtx, reason) WHERE o.gtx = k.gtx AND o.state = 'pending'`,
  values: [plainArray(rejections.map(({ gtx }) => gtx)), textArray(rejections.map(({ reason }) => reason))],
});

export const settle = (outcomes: readonly OutboxOutcome[]): Statement => ({
  text: `
    UPDATE concordat.outbox o
    SET state = 'done', outcome = k.outcome, reason = k.reason, next_at = clock_timestamp()
    FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k(gtx, outcome, reason)
    WHERE o.gtx = k.gtx AND o.state IN ('pending', 'accepted')`,
  values: [
    plainArray(outcomes.map(({ gtx }) => gtx)),
    plainArray(outcomes.map(({ outcome }) => outcome)),
    textArray(outcomes.map(({ reason }) => reason)),
  ],
});
