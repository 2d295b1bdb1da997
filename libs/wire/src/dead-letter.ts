import { clipText } from './scalars.js';
import type { RawRecord } from './decode.js';
import type { DeadLetterMessage } from './types.js';

/** Bytes of a refused value that its dead letter keeps. */
export const MAX_DEAD_VALUE_BYTES = 65_536;
const MAX_HEADERS = 32;

/** The refused record as a consumer got it. */
export interface RefusedRecord extends RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** Which app refused it. */
export interface Refuser {
  readonly app: string;
  readonly instance: string;
}

/**
 * The dead letter of a record: always encodable and storable, whatever the record holds. `reason` is one of DecodeFault
 * or a reason of the receiver (`UNKNOWN_BRANCH`, `WRONG_PARTICIPANT` …).
 */
export function deadLetterOf(
  record: RefusedRecord,
  reason: string,
  detail: string,
  { app, instance }: Refuser,
): DeadLetterMessage {
  const headers = keptHeaders(record.headers);
  const key = record.key === null ? null : clipText(record.key, 1024);
  const whole = headers.whole && key === record.key && (record.value?.length ?? 0) <= MAX_DEAD_VALUE_BYTES;
  return {
    type: 'DEAD_LETTER',
    reason: clipText(reason, 64),
    detail: clipText(detail, 2048),
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    key,
    headers: headers.kept,
    value: record.value?.subarray(0, MAX_DEAD_VALUE_BYTES).toString('base64') ?? null,
    truncated: !whole,
    app,
    instance: clipText(instance, 128),
  };
}

function keptHeaders(headers: RawRecord['headers']): { kept: Record<string, string>; whole: boolean } {
  const all = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const kept = all
    .slice(0, MAX_HEADERS)
    .map(([name, value]) => [clipText(name, 256), clipText(value, 4096)] as const);
  const whole =
    all.length <= MAX_HEADERS &&
    kept.every(([name, value], i) => name === all[i]![0] && value === all[i]![1]);
  return { kept: Object.fromEntries(kept), whole };
}
