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

const CODECS = {
  commands: [wire.decodeCommand, wire.encodeCommand, wire.commandSchemas],
  replies: [wire.decodeReply, wire.encodeReply, wire.replySchemas],
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

describe.each(golden)('%s', (_name, { key, headers, value, ...rest }) => {
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

it('there is one for every message', () => {
  const shown = new Set(golden.map(([, record]) => `${kindOf(record)} ${record.headers['type']}`));
  const all = Object.entries(CODECS).flatMap(([kind, [, , schemas]]) =>
    Object.keys(schemas).map((type) => `${kind} ${type}`),
  );
  expect(all.filter((message) => !shown.has(message))).toEqual([]);
});
