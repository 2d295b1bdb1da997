import type { IncomingRecord, OutgoingRecord } from '#messaging';

/** The header by which a record's dead letter is found. No reader looks at it. */
export const MARK = 'x-hostile';

/** One hostile record and what must become of it. */
export interface Hostile {
  /** Value of the header MARK; of a forged dead letter it stands in the body, as the refused record's header. */
  readonly mark: string;
  readonly kind: string;
  readonly record: OutgoingRecord;
  /** Reasons its one dead letter may have; empty: it must be taken without a word. */
  readonly reasons: readonly string[];
  /** Both are right: which one depends on how far the transaction is. */
  readonly maybeTaken?: boolean;
  /** A transaction that exists only because of this record. */
  readonly gtx?: string;
}

/** A message of the wire before it is spoiled: the body still an object. */
export interface Shape {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a hostile hand made of a shape; the mark is put on later. */
export interface Spoiled {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly value: Buffer | null;
  readonly reason: string;
}

export function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A record of the bus as a shape; null when its value is no JSON object. */
export function shapeOf({ topic, key, headers, value }: IncomingRecord | OutgoingRecord): Shape | null {
  if (value === null || value === undefined) return null;
  const body = JSON.parse(value.toString('utf8')) as unknown;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  return { topic, key: key ?? '', headers, body: body as Record<string, unknown> };
}
