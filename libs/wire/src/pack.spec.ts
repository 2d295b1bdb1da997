import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commands, replies } from './arbitraries.fixture.js';
import { MAX_DEAD_VALUE_BYTES } from './dead-letter.js';
import { decodeCommands, decodeReplies, type RawRecord } from './decode.js';
import type { EncodedRecord } from './encode.js';
import { packCommands, packReplies } from './pack.js';
import { MAX_PACK_MESSAGES } from './pack-schema.js';
import type { CommandMessage } from './types.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const commit = (serial: number): CommandMessage & { type: 'COMMIT' } => ({
  type: 'COMMIT',
  participant: 'inventory',
  gtx: `0190a000-0000-7000-8000-${String(serial).padStart(12, '0')}`,
  attempt: 1,
  branch: 'stock',
  ledgerEpoch: 1,
  replyPartition: 3,
});
const letter = <M>(message: M, traceparent: string | null = null) => ({ message, traceparent });
const nothingIsTooLarge = (): never => {
  throw new Error('nothing is too large');
};
const packOf = (...messages: readonly CommandMessage[]): EncodedRecord =>
  packCommands(
    messages.map((message) => letter(message)),
    nothingIsTooLarge,
  )[0]!;
const withValue = (record: RawRecord, value: unknown): RawRecord => ({
  ...record,
  value: Buffer.from(JSON.stringify(value)),
});
const bodyOf = ({ value }: EncodedRecord) => JSON.parse(value.toString()) as { body: object }[];

describe('W1: what is packed is read, in order, with its traces', () => {
  it('holds for commands', () =>
    fc.assert(
      fc.property(fc.array(commands, { minLength: 1, maxLength: 5 }), (drawn) => {
        const messages = drawn.map((message) => ({ ...message, participant: 'inventory' }));
        const letters = messages.map((message, at) => letter(message, at % 2 === 0 ? TRACE : null));
        const read = packCommands(letters, nothingIsTooLarge).flatMap(decodeCommands);
        expect(read).toEqual(letters.map((one) => ({ ok: true, ...one })));
      }),
    ));

  it('holds for replies', () =>
    fc.assert(
      fc.property(fc.array(replies, { minLength: 1, maxLength: 5 }), (drawn) => {
        const letters = drawn.map((message) => letter({ ...message, participant: 'inventory' }));
        const read = packReplies(letters, nothingIsTooLarge).flatMap(decodeReplies);
        expect(read).toEqual(letters.map((one) => ({ ok: true, ...one })));
      }),
    ));

  it('writes one alone as a record of its own', () => {
    expect(packOf(commit(1)).headers).toMatchObject({ v: '1', type: 'COMMIT', branch: 'stock' });
  });
});

describe('a pack is bounded', () => {
  const packs = (messages: readonly CommandMessage[]) =>
    packCommands(
      messages.map((message) => letter(message)),
      nothingIsTooLarge,
    );

  it('in messages', () => {
    const sizes = packs(Array.from({ length: MAX_PACK_MESSAGES + 2 }, (_, at) => commit(at))).map(
      (record) => decodeCommands(record).length,
    );
    expect(sizes).toEqual([MAX_PACK_MESSAGES, 2]);
  });

  it('in bytes, so that its dead letter is never cut; a longer message goes alone', () => {
    const long = (serial: number, bytes: number): CommandMessage => ({
      ...{ ...commit(serial), type: 'PREPARE' as const },
      ...{ operation: 'reserve', budgetMs: 1, payload: 'x'.repeat(bytes) },
    });
    const records = packs([long(1, 30_000), long(2, 30_000), long(3, 30_000), long(4, 100_000), long(5, 1)]);
    expect(records.map((record) => decodeCommands(record).length)).toEqual([2, 1, 1, 1]);
    expect(records[0]!.value.length).toBeLessThanOrEqual(MAX_DEAD_VALUE_BYTES);
  });

  it('without what no reader accepts', () => {
    const refused: string[] = [];
    const huge = {
      ...commit(1),
      type: 'ACTION',
      operation: 'a',
      kind: 'pivot',
      payload: 'x'.repeat(2 ** 21),
    };
    const records = packCommands([letter(huge as CommandMessage), letter(commit(2))], ({ gtx }, error) =>
      refused.push(`${gtx} ${error.code}`),
    );
    expect(refused).toEqual([`${commit(1).gtx} OVERSIZE`]);
    expect(records.flatMap(decodeCommands)).toMatchObject([{ ok: true, message: commit(2) }]);
  });
});

describe('W8: what is wrong with one message is not the fault of the others', () => {
  const pack = packOf(commit(1), commit(2), commit(3));

  it.each([
    ['a type that does not belong there', { type: 'BEGIN' }, 'UNKNOWN_TYPE'],
    ['a pack in a pack', { type: 'PACK', body: [] }, 'UNKNOWN_TYPE'],
    ['a body of another shape', { body: { gtx: 1 } }, 'INVALID'],
  ])('%s', (_what, change, reason) => {
    const spoiled = bodyOf(pack).map((one, at) => (at === 1 ? { ...one, ...change } : one));
    expect(decodeCommands(withValue(pack, spoiled))).toMatchObject([
      { ok: true, message: commit(1) },
      { ok: false, reason },
      { ok: true, message: commit(3) },
    ]);
  });
});

describe('a record that is no pack is refused as a whole', () => {
  const pack = packOf(commit(1), commit(2));
  const headers = (more: Readonly<Record<string, string>>) => ({
    ...pack,
    headers: { ...pack.headers, ...more },
  });

  it.each([
    ['an object', withValue(pack, {}), 'INVALID'],
    ['an empty list', withValue(pack, []), 'INVALID'],
    ['unknown fields', withValue(pack, [{ ...bodyOf(pack)[0], more: 1 }]), 'INVALID'],
    ['too many', withValue(pack, Array(MAX_PACK_MESSAGES + 1).fill(bodyOf(pack)[0])), 'INVALID'],
    ['a key of none of it', { ...pack, key: 'other' }, 'BAD_HEADERS'],
    ['version 1', headers({ v: '1' }), 'UNKNOWN_VERSION'],
    ['no participant', headers({ participant: '' }), 'BAD_HEADERS'],
    ['no value', { ...pack, value: null }, 'BAD_JSON'],
  ])('%s', (_what, record, reason) => expect(decodeCommands(record)).toMatchObject([{ ok: false, reason }]));
});
