import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as wire from '../src/index.js';

/** What a released version once wrote is read for ever (W6): these files are added to, never changed. */

interface Golden {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: unknown;
}

const FOLDER = join(import.meta.dirname, 'v1');
const golden = readdirSync(FOLDER).map(
  (name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Golden] as const,
);

const first =
  <T>(read: (record: wire.RawRecord) => readonly T[]) =>
  (record: wire.RawRecord): T =>
    read(record)[0]!;

const CODECS = {
  commands: [first(wire.decodeCommands), wire.encodeCommand, wire.commandSchemas],
  replies: [first(wire.decodeReplies), wire.encodeReply, wire.replySchemas],
  requests: [wire.decodeRequest, wire.encodeRequest, wire.requestSchemas],
  initiators: [wire.decodeInitiator, wire.encodeInitiator, wire.initiatorSchemas],
  outcomes: [wire.decodeOutcome, wire.encodeOutcome, wire.outcomeSchemas],
  'dead-letters': [wire.decodeDeadLetter, wire.encodeDeadLetter, wire.deadLetterSchemas],
} as const;
type Kind = keyof typeof CODECS;
const kindOf = ({ topic }: Golden): Kind => topic.split('.')[1] as Kind;

type Codec = [
  (record: wire.RawRecord) => wire.DecodeResult<unknown>,
  (message: unknown, options: wire.EncodeOptions) => wire.EncodedRecord,
];

const isPack = ([, { headers }]: (typeof golden)[number]): boolean => headers['type'] === 'PACK';

describe.each(golden.filter((one) => !isPack(one)))('%s', (_name, { key, headers, value, ...rest }) => {
  const [decode, encode] = CODECS[kindOf({ key, headers, value, ...rest })] as unknown as Codec;
  const bytes = Buffer.from(JSON.stringify(value));

  it('is read, and written again as it was', () => {
    const read = decode({ key, headers, value: bytes });
    if (!read.ok) throw new Error(`${read.reason}: ${read.detail}`);
    const { traceparent } = read;
    expect(traceparent).toBe(headers['traceparent'] ?? null);
    const written = encode(read.message, { traceparent });
    expect({ ...written, value: JSON.parse(written.value.toString()) as unknown }).toEqual({
      key,
      headers,
      value,
    });
  });
});

describe.each(golden.filter(isPack))('%s', (_name, { key, headers, value, topic }) => {
  const record = { key, headers, value: Buffer.from(JSON.stringify(value)) };

  it('is read message by message, and packed again as it was', () => {
    const commands = topic.includes('.commands.');
    const read = commands ? wire.decodeCommands(record) : wire.decodeReplies(record);
    const letters = (read as readonly wire.DecodeResult<never>[]).map((one) => {
      if (!one.ok) throw new Error(`${one.reason}: ${one.detail}`);
      return one;
    });
    const refused = (): never => {
      throw new Error('nothing is too large');
    };
    const [written, ...more] = commands
      ? wire.packCommands(letters, refused)
      : wire.packReplies(letters, refused);
    expect(more).toEqual([]);
    expect({ ...written, value: JSON.parse(written!.value.toString()) as unknown }).toEqual({
      key,
      headers,
      value,
    });
  });
});

it('there is one for every message', () => {
  const shown = new Set(golden.map(([, record]) => `${kindOf(record)} ${record.headers['type']}`));
  const all = Object.entries(CODECS).flatMap(([kind, [, , schemas]]) =>
    Object.keys(schemas).map((type) => `${kind} ${type}`),
  );
  expect(all.filter((message) => !shown.has(message))).toEqual([]);
});
