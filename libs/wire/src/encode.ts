import { channels, type Addressed, type Channel, WIRE_VERSION } from './channels.js';
import { MAX_RECORD_BYTES } from './topics.js';
import type {
  CommandMessage,
  DeadLetterMessage,
  InitiatorMessage,
  OutcomeMessage,
  ReplyMessage,
  RequestMessage,
} from './types.js';

/** A record less its topic: what `#messaging` publishes. */
export interface EncodedRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EncodeOptions {
  /** W3C trace context to pass on. */
  readonly traceparent?: string | null | undefined;
}

/**
 * Thrown by an encoder when the message is longer than any reader accepts: a payload or output of about 1 MiB.
 * Never retriable. Remedy: pass a reference instead of the data.
 */
export class OversizeError extends Error {
  override readonly name = 'OversizeError';
  readonly code = 'OVERSIZE';
  readonly retriable = false;
  constructor(
    readonly type: string,
    readonly sizeBytes: number,
  ) {
    super(`${type} of ${sizeBytes} bytes, at most ${MAX_RECORD_BYTES}: pass a reference instead of the data`);
  }
}

/** The writers, one a topic. They trust the types (nothing is validated twice) and throw only OversizeError. */
export const encodeCommand = (message: CommandMessage, options?: EncodeOptions) =>
  encode(channels.command, message, message.participant, options);
export const encodeReply = (message: ReplyMessage, options?: EncodeOptions) =>
  encode(channels.reply, message, message.participant, options);
export const encodeRequest = (message: RequestMessage, options?: EncodeOptions) =>
  encode(channels.request, message, '', options);
export const encodeInitiator = (message: InitiatorMessage, options?: EncodeOptions) =>
  encode(channels.initiator, message, message.initiator, options);
export const encodeOutcome = (message: OutcomeMessage, options?: EncodeOptions) =>
  encode(channels.outcome, message, '', options);
/** `key`: the key of the refused record, so that dead letters keep its order. */
export const encodeDeadLetter = (message: DeadLetterMessage, options?: EncodeOptions) =>
  encode(channels.deadLetter, message, '', options);

/** Ends a compacted outcome at garbage collection: publish it with a null value under this key. */
export function outcomeKey(gtx: string, attempt: number): string {
  return `${gtx}:${attempt}`;
}

export type Message = { readonly type: string } & Addressed;

function encode(channel: Channel, message: Message, party: string, options?: EncodeOptions): EncodedRecord {
  return recordOf(channel, message, party, Buffer.from(bodyJson(channel, message)), options);
}

/** The value of a message's record: what its headers do not say. (JSON has no undefined; to delete fields would cost more than all else.) */
export function bodyJson({ party }: Channel, message: Message): string {
  const body =
    party === null ? { ...message, type: undefined } : { ...message, type: undefined, [party]: undefined };
  return JSON.stringify(body);
}

/** A record of one message, its body given. Throws OversizeError. */
export function recordOf(
  channel: Channel,
  message: Message,
  party: string,
  value: Buffer,
  options: EncodeOptions = {},
): EncodedRecord {
  if (value.length > MAX_RECORD_BYTES) throw new OversizeError(message.type, value.length);
  const key = channel.key(message, party) ?? (message as { key?: string | null }).key ?? '';
  return { key, value, headers: headersOf(channel, message, party, options) };
}

function headersOf(
  channel: Channel,
  message: Message,
  party: string,
  options: EncodeOptions,
): Record<string, string> {
  const headers: Record<string, string> = { v: String(WIRE_VERSION), type: message.type };
  if (channel.party !== null) headers[channel.party] = party;
  if (message.attempt !== undefined) headers['attempt'] = String(message.attempt);
  if (message.branch !== undefined) headers['branch'] = message.branch;
  if (options.traceparent) headers['traceparent'] = options.traceparent;
  return headers;
}
