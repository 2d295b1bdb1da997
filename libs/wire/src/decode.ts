import { isUtf8 } from 'node:buffer';
import { channels, type Addressed, type Channel, WIRE_VERSION } from './channels.js';
import { describeFaults } from './faults.js';
import { clipText, id } from './scalars.js';
import { MAX_RECORD_BYTES } from './topics.js';
import { TRACEPARENT } from './trace.js';
import type {
  CommandMessage,
  DeadLetterMessage,
  InitiatorMessage,
  OutcomeMessage,
  ReplyMessage,
  RequestMessage,
} from './types.js';

/** Why a record cannot be read: the first half of its dead letter. */
export type DecodeFault =
  'OVERSIZE' | 'BAD_HEADERS' | 'UNKNOWN_VERSION' | 'UNKNOWN_TYPE' | 'BAD_JSON' | 'INVALID';

/** What decoding needs of a record. */
export interface RawRecord {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface Decoded<M> {
  readonly ok: true;
  readonly message: M;
  /** W3C trace context; null when absent or malformed (then a new trace starts). */
  readonly traceparent: string | null;
}

export interface Undecodable {
  readonly ok: false;
  readonly reason: DecodeFault;
  /** What is wrong and where; at most 1024 characters, storable. */
  readonly detail: string;
}

export type DecodeResult<M> = Decoded<M> | Undecodable;

/** The readers, one a topic. They never throw, whatever the record holds; a null value (tombstone) is BAD_JSON. */
export const decodeCommand = (record: RawRecord) => decode<CommandMessage>(channels.command, record);
export const decodeReply = (record: RawRecord) => decode<ReplyMessage>(channels.reply, record);
export const decodeRequest = (record: RawRecord) => decode<RequestMessage>(channels.request, record);
export const decodeInitiator = (record: RawRecord) => decode<InitiatorMessage>(channels.initiator, record);
export const decodeOutcome = (record: RawRecord) => decode<OutcomeMessage>(channels.outcome, record);
export const decodeDeadLetter = (record: RawRecord) => decode<DeadLetterMessage>(channels.deadLetter, record);

function refuse(reason: DecodeFault, detail: string): Undecodable {
  return { ok: false, reason, detail: clipText(detail, 1024) };
}

/** From the cheapest check to the dearest: nothing is parsed before its size, version and type are known to be fine. */
function decode<M>(channel: Channel, record: RawRecord): DecodeResult<M> {
  const { value, headers } = record;
  if (value !== null && value.length > MAX_RECORD_BYTES) {
    return refuse('OVERSIZE', `${value.length} bytes, at most ${MAX_RECORD_BYTES}`);
  }
  const { v, type } = headers;
  if (v === undefined || type === undefined) return refuse('BAD_HEADERS', 'headers v and type are required');
  if (v !== String(WIRE_VERSION))
    return refuse('UNKNOWN_VERSION', `v ${v}, this reader knows ${WIRE_VERSION}`);
  const schema = channel.schemas.get(type);
  if (schema === undefined) return refuse('UNKNOWN_TYPE', `type ${type} does not belong on this topic`);
  const party = partyOf(channel, headers);
  if (party === null)
    return refuse('BAD_HEADERS', `header ${channel.party} must be a name of the charset of ids`);

  const json = parseJson(value);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.parsed);
  if (!parsed.success) return refuse('INVALID', describeFaults(parsed.error.issues));
  const body = parsed.data as Addressed;
  const mismatch = disagreement(channel, record, body, party);
  if (mismatch !== null) return refuse('BAD_HEADERS', mismatch);
  const traceparent = headers['traceparent'];
  return {
    ok: true,
    // zod built `body` just now: adding to it spares a copy.
    message: Object.assign(body, { type }, channel.party && { [channel.party]: party }) as M,
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : null,
  };
}

/** '' where the topic has no such header, null when it is missing or no name. */
function partyOf(channel: Channel, headers: RawRecord['headers']): string | null {
  if (channel.party === null) return '';
  const name = headers[channel.party];
  return name !== undefined && id.safeParse(name).success ? name : null;
}

function parseJson(value: Buffer | null): { ok: true; parsed: unknown } | Undecodable {
  if (value === null) return refuse('BAD_JSON', 'no value');
  if (!isUtf8(value)) return refuse('BAD_JSON', 'not UTF-8');
  try {
    return { ok: true, parsed: JSON.parse(value.toString('utf8')) };
  } catch (error) {
    return refuse('BAD_JSON', error instanceof Error ? error.message : String(error));
  }
}

/** Envelope and body must say the same: a router that reads only headers and key must not be led astray. */
function disagreement(channel: Channel, record: RawRecord, body: Addressed, party: string): string | null {
  const { attempt, branch } = record.headers;
  if (attempt !== undefined && attempt !== String(body.attempt))
    return `header attempt ${attempt}, body ${body.attempt}`;
  if (branch !== undefined && branch !== body.branch) return `header branch ${branch}, body ${body.branch}`;
  const key = channel.key(body, party);
  return key === null || key === record.key ? null : `key ${record.key}, must be ${key}`;
}
