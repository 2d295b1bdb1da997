import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commands, initiatorMessages, outcomes, replies, requests } from './arbitraries.fixture.js';
import {
  decodeCommands,
  decodeDeadLetter,
  decodeInitiator,
  decodeOutcome,
  decodeReplies,
  decodeRequest,
  type RawRecord,
} from './decode.js';
import {
  encodeCommand,
  encodeInitiator,
  encodeOutcome,
  encodeReply,
  encodeRequest,
  type EncodedRecord,
  OversizeError,
} from './encode.js';
import { MAX_RECORD_BYTES } from './topics.js';
import type { CommandMessage } from './types.js';

const decodeCommand = (record: RawRecord) => decodeCommands(record)[0]!;
const decodeReply = (record: RawRecord) => decodeReplies(record)[0]!;

const GTX = '0190a000-0000-7000-8000-000000000001';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const prepare: CommandMessage & { type: 'PREPARE' } = {
  type: 'PREPARE',
  participant: 'inventory',
  gtx: GTX,
  attempt: 1,
  branch: 'stock',
  ledgerEpoch: 1,
  replyPartition: 3,
  operation: 'reserve',
  payload: { sku: 'tea' },
  budgetMs: 5000,
};
const record = encodeCommand(prepare, { traceparent: TRACE });
const withHeaders = (headers: RawRecord['headers']): RawRecord => ({
  ...record,
  headers: { ...record.headers, ...headers },
});
const withBody = (change: object): RawRecord => ({
  ...record,
  value: Buffer.from(JSON.stringify({ ...(JSON.parse(record.value.toString()) as object), ...change })),
});

describe('what one side writes, the other reads', () => {
  const roundTrip = <M>(
    values: fc.Arbitrary<M>,
    encode: (message: M) => EncodedRecord,
    decode: (record: RawRecord) => unknown,
  ): void =>
    fc.assert(
      fc.property(values, (message) => {
        expect(decode(encode(message))).toEqual({ ok: true, message, traceparent: null });
      }),
    );

  it('holds for commands', () => roundTrip(commands, encodeCommand, decodeCommand));
  it('holds for replies', () => roundTrip(replies, encodeReply, decodeReply));
  it('holds for requests', () => roundTrip(requests, encodeRequest, decodeRequest));
  it('holds for messages to initiators', () =>
    roundTrip(initiatorMessages, encodeInitiator, decodeInitiator));
  it('holds for outcomes', () => roundTrip(outcomes, encodeOutcome, decodeOutcome));

  it('hands the trace context on, and drops a malformed one', () => {
    expect(decodeCommand(record)).toMatchObject({ ok: true, traceparent: TRACE });
    expect(decodeCommand(withHeaders({ traceparent: '00-zz' }))).toMatchObject({
      ok: true,
      traceparent: null,
    });
  });

  it('ignores headers it does not know', () => {
    expect(decodeCommand(withHeaders({ sig: 'abc' }))).toMatchObject({ ok: true, message: prepare });
  });
});

describe('a record that is no message is refused with its reason', () => {
  const cases: [name: string, record: RawRecord, reason: string, detail: RegExp][] = [
    ['no v', withHeaders({ v: undefined }), 'BAD_HEADERS', /v and type/],
    ['no type', withHeaders({ type: undefined }), 'BAD_HEADERS', /v and type/],
    ['no participant', withHeaders({ participant: undefined }), 'BAD_HEADERS', /participant/],
    ['a participant that is no name', withHeaders({ participant: 'a/b' }), 'BAD_HEADERS', /participant/],
    ['another attempt in the header', withHeaders({ attempt: '2' }), 'BAD_HEADERS', /attempt 2, body 1/],
    ['another branch in the header', withHeaders({ branch: 'x' }), 'BAD_HEADERS', /branch x, body stock/],
    ['a foreign key', { ...record, key: 'x' }, 'BAD_HEADERS', /key x, must be/],
    ['no key', { ...record, key: null }, 'BAD_HEADERS', /key null/],
    ['a newer version', withHeaders({ v: '2' }), 'UNKNOWN_VERSION', /v 2/],
    ['an unknown type', withHeaders({ type: 'PREPAER' }), 'UNKNOWN_TYPE', /PREPAER/],
    ['a type of another topic', withHeaders({ type: 'VOTE' }), 'UNKNOWN_TYPE', /VOTE/],
    ['a type of Object.prototype', withHeaders({ type: 'constructor' }), 'UNKNOWN_TYPE', /constructor/],
    ['no value', { ...record, value: null }, 'BAD_JSON', /no value/],
    ['no JSON', { ...record, value: Buffer.from('{"gtx":') }, 'BAD_JSON', /JSON/],
    ['Latin-1', { ...record, value: Buffer.from('"\xe9"', 'latin1') }, 'BAD_JSON', /UTF-8/],
    ['oversize', { ...record, value: Buffer.alloc(MAX_RECORD_BYTES + 1, 32) }, 'OVERSIZE', /bytes/],
    ['an unknown field', withBody({ extra: 1 }), 'INVALID', /\/extra: unknown field/],
    ['__proto__ as a field', { ...record, value: Buffer.from('{"__proto__":{}}') }, 'INVALID', /gtx/],
    ['a missing field', withBody({ operation: undefined }), 'INVALID', /\/operation: /],
    ['a gtx that is no UUIDv7', withBody({ gtx: GTX.toUpperCase() }), 'INVALID', /\/gtx: /],
    ['attempt 3', withBody({ attempt: 3 }), 'INVALID', /\/attempt: /],
    ['a payload with U+0000', withBody({ payload: { name: 'a\0b' } }), 'INVALID', /\/payload: .*U\+0000/],
    [
      '__proto__ in a payload',
      { ...record, value: Buffer.from('{"payload":[{"__proto__":1}]}') },
      'INVALID',
      /\/payload/,
    ],
    ['half a surrogate pair', withBody({ payload: ['\ud800'] }), 'INVALID', /\/payload: /],
    [
      'a number beyond double',
      { ...record, value: Buffer.from('{"payload":1e999}') },
      'INVALID',
      /\/payload/,
    ],
    ['a payload too deep', withBody({ payload: deep(33) }), 'INVALID', /32 deep/],
  ];
  it.each(cases)('%s', (_name, bad, reason, detail) => {
    expect(decodeCommand(bad)).toEqual({ ok: false, reason, detail: expect.stringMatching(detail) });
  });

  it('takes a payload of the greatest depth', () => {
    expect(decodeCommand(withBody({ payload: deep(32) }))).toMatchObject({ ok: true });
  });

  it('refuses a BEGIN whose two ids differ', () => {
    const other = GTX.replace(/1$/, '2');
    const branches = [
      { id: 'a', participant: 'p', operation: 'o', payload: {}, kind: 'compensatable' as const },
    ];
    const begin = { type: 'BEGIN' as const, gtx: GTX, initiator: 'orders', idempotencyKey: null };
    const request = { mode: '2pc' as const, fallback: 'none' as const, branches };
    expect(decodeRequest(encodeRequest({ ...begin, request: { ...request, id: GTX } }))).toMatchObject({
      ok: true,
    });
    expect(decodeRequest(encodeRequest({ ...begin, request: { ...request, id: other } }))).toMatchObject({
      ok: false,
      reason: 'INVALID',
      detail: '/request/id: must equal gtx',
    });
  });
});

describe('no record whatever makes a reader throw', () => {
  const decoders = [
    decodeCommand,
    decodeReply,
    decodeRequest,
    decodeInitiator,
    decodeOutcome,
    decodeDeadLetter,
  ];
  const types = fc.constantFrom(
    ...['PREPARE', 'VOTE', 'HELLO', 'BEGIN', 'OUTCOME', 'DEAD_LETTER', 'toString', ''],
  );
  const headers = fc.record(
    { v: fc.constantFrom('1', '1', '', '2'), type: types, participant: fc.string(), initiator: fc.string() },
    { requiredKeys: [] },
  );
  const check = (values: fc.Arbitrary<Buffer | null>): void =>
    fc.assert(
      fc.property(fc.option(fc.string()), headers, values, (key, heads, value) => {
        for (const decode of decoders) {
          const result = decode({ key, value, headers: heads });
          if (!result.ok) expect(result.detail.length).toBeLessThanOrEqual(1024);
        }
      }),
      { numRuns: 300 },
    );

  it('bytes', () => check(fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes)))));
  it('JSON', () => check(fc.json().map((json) => Buffer.from(json))));
  it('a good message with one bit turned', () => {
    fc.assert(
      fc.property(fc.nat(record.value.length - 1), fc.nat(7), (at, bit) => {
        const value = Buffer.from(record.value);
        value[at] = value[at]! ^ (1 << bit);
        expect(decodeCommand({ ...record, value })).toHaveProperty('ok');
      }),
    );
  });
  it('brackets without end', () => {
    const value = Buffer.alloc(1_000_000, '[');
    expect(decodeCommand({ ...record, value })).toMatchObject({ ok: false, reason: 'BAD_JSON' });
    const nested = Buffer.from(`{"payload":${'['.repeat(400_000)}${']'.repeat(400_000)}}`);
    expect(decodeCommand({ ...record, value: nested })).toMatchObject({ ok: false, reason: 'INVALID' });
  });
});

it('a message longer than readers accept is refused by its writer', () => {
  expect(() => encodeCommand({ ...prepare, payload: 'x'.repeat(MAX_RECORD_BYTES) })).toThrow(OversizeError);
});

function deep(levels: number): unknown {
  return Array.from({ length: levels - 1 }).reduce<unknown>((inner) => [inner], []);
}
