import { isUtf8 } from 'node:buffer';
import { channels, type Addressed, type Channel, PACK_VERSION, WIRE_VERSION } from './channels.js';
import { describeFaults } from './faults.js';
import { PACK, packSchema } from './pack-schema.js';
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

/**
 * The readers, one a topic. They never throw, whatever the record holds; a null value (tombstone) is BAD_JSON. A record of commands
 * or replies may be a pack of several (`unpack`).
 */
export const decodeCommands = (record: RawRecord) => decodeAll<CommandMessage>(channels.command, record);
export const decodeReplies = (record: RawRecord) => decodeAll<ReplyMessage>(channels.reply, record);
export const decodeRequest = (record: RawRecord) => decode<RequestMessage>(channels.request, record);
export const decodeInitiator = (record: RawRecord) => decode<InitiatorMessage>(channels.initiator, record);
export const decodeOutcome = (record: RawRecord) => decode<OutcomeMessage>(channels.outcome, record);
export const decodeDeadLetter = (record: RawRecord) => decode<DeadLetterMessage>(channels.deadLetter, record);

function refuse(reason: DecodeFault, detail: string): Undecodable {
  return { ok: false, reason, detail: clipText(detail, 1024) };
}

function decodeAll<M>(channel: Channel, record: RawRecord): readonly DecodeResult<M>[] {
  return record.headers['type'] === PACK ? decodePack(channel, record) : [decode(channel, record)];
}

function decode<M>(channel: Channel, record: RawRecord): DecodeResult<M> {
  const opened = open(channel, record, WIRE_VERSION);
  if (!opened.ok) return opened;
  const { headers, key } = record;
  const read = readBody<M & Addressed>(channel, {
    ...opened,
    type: headers['type'] ?? '',
    traceparent: headers['traceparent'],
  });
  if (!read.ok) return read;
  const mismatch = disagreement(headers, read.message) ?? wrongKey(channel, key, read.message, opened);
  return mismatch === null ? read : refuse('BAD_HEADERS', mismatch);
}

/** What is wrong with one message of a pack is that message's fault alone; the pack itself must fit its own shape. */
function decodePack<M>(channel: Channel, record: RawRecord): readonly DecodeResult<M>[] {
  const opened = open(channel, record, PACK_VERSION);
  if (!opened.ok) return [opened];
  const pack = packSchema.safeParse(opened.body);
  if (!pack.success) return [refuse('INVALID', describeFaults(pack.error.issues))];
  const read = pack.data.map(({ type, traceparent, body }) =>
    readBody<M & Addressed>(channel, { type, traceparent, body, party: opened.party }),
  );
  const [first] = read;
  const mismatch = first?.ok ? wrongKey(channel, record.key, first.message, opened) : null;
  return mismatch === null ? read : [refuse('BAD_HEADERS', mismatch)];
}

/** From the cheapest check to the dearest: nothing is parsed before its size, version and type are known to be fine. */
function open(
  channel: Channel,
  { value, headers }: RawRecord,
  version: number,
): { readonly ok: true; readonly party: string; readonly body: unknown } | Undecodable {
  if (value !== null && value.length > MAX_RECORD_BYTES) {
    return refuse('OVERSIZE', `${value.length} bytes, at most ${MAX_RECORD_BYTES}`);
  }
  const { v, type } = headers;
  if (v === undefined || type === undefined) return refuse('BAD_HEADERS', 'headers v and type are required');
  if (v !== String(version))
    return refuse('UNKNOWN_VERSION', `v ${v} of ${type}, this reader knows ${version}`);
  if (type !== PACK && !channel.schemas.has(type)) return unknownType(type);
  const party = partyOf(channel, headers);
  if (party === null)
    return refuse('BAD_HEADERS', `header ${channel.party} must be a name of the charset of ids`);
  const json = parseJson(value);
  return json.ok ? { ok: true, party, body: json.parsed } : json;
}

const unknownType = (type: string): Undecodable =>
  refuse('UNKNOWN_TYPE', `type ${type} does not belong on this topic`);

interface Letter {
  readonly type: string;
  readonly party: string;
  readonly body: unknown;
  readonly traceparent: string | undefined;
}

function readBody<M>(channel: Channel, { type, party, body, traceparent }: Letter): DecodeResult<M> {
  const schema = channel.schemas.get(type);
  if (schema === undefined) return unknownType(type);
  const parsed = schema.safeParse(body);
  if (!parsed.success) return refuse('INVALID', describeFaults(parsed.error.issues));
  return {
    ok: true,
    // zod built the data just now: adding to it spares a copy.
    message: Object.assign(parsed.data as object, { type }, channel.party && { [channel.party]: party }) as M,
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
function disagreement({ attempt, branch }: RawRecord['headers'], body: Addressed): string | null {
  if (attempt !== undefined && attempt !== String(body.attempt))
    return `header attempt ${attempt}, body ${body.attempt}`;
  return branch !== undefined && branch !== body.branch
    ? `header branch ${branch}, body ${body.branch}`
    : null;
}

function wrongKey(channel: Channel, given: string | null, body: Addressed, { party }: { party: string }) {
  const key = channel.key(body, party);
  return key === null || key === given ? null : `key ${given}, must be ${key}`;
}
