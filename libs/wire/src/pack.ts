import { channels, PACK_VERSION, type Channel } from './channels.js';
import { MAX_DEAD_VALUE_BYTES } from './dead-letter.js';
import { bodyJson, OversizeError, recordOf, type EncodedRecord, type Message } from './encode.js';
import { MAX_PACK_MESSAGES, PACK } from './pack-schema.js';
import { MAX_RECORD_BYTES } from './topics.js';
import type { CommandMessage, ReplyMessage } from './types.js';

/** A message to be sent, with the trace it belongs to. */
export interface Letter<M> {
  readonly message: M;
  readonly traceparent: string | null;
}

/** Bytes of a pack: as many as a dead letter keeps, so that what a reader refuses is never cut. A larger message goes alone. */
const MAX_PACK_BYTES = MAX_DEAD_VALUE_BYTES;

interface Sealed {
  readonly letter: Letter<Message>;
  readonly body: string;
}

/**
 * Messages to (or of) one participant as few records: one alone as a record of its own, several as packs, in order. A message that
 * is longer than any reader accepts is left out and told to `refused`.
 */
export const packCommands = (letters: readonly Letter<CommandMessage>[], refused: Refused<CommandMessage>) =>
  pack(channels.command, letters, refused as Refused<Message>);
export const packReplies = (letters: readonly Letter<ReplyMessage>[], refused: Refused<ReplyMessage>) =>
  pack(channels.reply, letters, refused as Refused<Message>);

type Refused<M> = (message: M, error: OversizeError) => void;

function pack<M extends Message & { readonly participant: string }>(
  channel: Channel,
  letters: readonly Letter<M>[],
  refused: Refused<Message>,
): EncodedRecord[] {
  const [first] = letters;
  if (!first) return [];
  const { participant } = first.message;
  return bundlesOf(channel, letters, refused).map((bundle) =>
    bundle.length === 1 ? single(channel, bundle[0]!, participant) : packed(channel, bundle, participant),
  );
}

function bundlesOf(
  channel: Channel,
  letters: readonly Letter<Message>[],
  refused: Refused<Message>,
): readonly (readonly Sealed[])[] {
  const bundles: Sealed[][] = [];
  let room = 0;
  for (const letter of letters) {
    const body = bodyJson(channel, letter.message);
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_RECORD_BYTES) {
      refused(letter.message, new OversizeError(letter.message.type, bytes));
      continue;
    }
    const size = bytes + ENVELOPE_BYTES;
    const last = bundles.at(-1);
    if (last && size <= room && last.length < MAX_PACK_MESSAGES) last.push({ letter, body });
    else {
      bundles.push([{ letter, body }]);
      room = MAX_PACK_BYTES;
    }
    room -= size;
  }
  return bundles;
}

/** More than type, trace and punctuation of one message take. */
const ENVELOPE_BYTES = 128;

const single = (channel: Channel, { letter, body }: Sealed, party: string): EncodedRecord =>
  recordOf(channel, letter.message, party, Buffer.from(body), letter);

/** Keyed as its first message is. */
function packed(channel: Channel, bundle: readonly Sealed[], party: string): EncodedRecord {
  const value = Buffer.from(`[${bundle.map(sealedJson).join(',')}]`);
  const headers = { v: String(PACK_VERSION), type: PACK, participant: party };
  return { key: channel.key(bundle[0]!.letter.message, party) ?? '', value, headers };
}

function sealedJson({ letter: { message, traceparent }, body }: Sealed): string {
  const trace = traceparent === null ? '' : `"traceparent":${JSON.stringify(traceparent)},`;
  return `{"type":"${message.type}",${trace}"body":${body}}`;
}
