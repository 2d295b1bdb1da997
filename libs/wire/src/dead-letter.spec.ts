import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deadLetterOf, MAX_DEAD_VALUE_BYTES } from './dead-letter.js';
import { decodeDeadLetter } from './decode.js';
import { encodeDeadLetter } from './encode.js';

const at = { topic: 'concordat.replies', partition: 2, offset: '17' };
const refuser = { app: 'coordinator', instance: 'host-1' };

it('every refused record becomes a dead letter that can be read again', () => {
  const records = fc.record({
    key: fc.option(fc.string({ unit: 'binary', maxLength: 2000 })),
    value: fc.option(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))),
    headers: fc.dictionary(
      fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__'),
      fc.string({ unit: 'binary' }),
    ),
  });
  fc.assert(
    fc.property(records, fc.string({ unit: 'binary', maxLength: 3000 }), (record, detail) => {
      const letter = deadLetterOf({ ...record, ...at }, 'INVALID', detail, refuser);
      expect(decodeDeadLetter(encodeDeadLetter(letter))).toEqual({
        ok: true,
        message: letter,
        traceparent: null,
      });
    }),
  );
});

it('a short record is kept whole, byte for byte', () => {
  const value = Buffer.from([0, 255, 123]);
  const letter = deadLetterOf({ ...at, key: 'k', value, headers: { v: '1' } }, 'BAD_JSON', 'no', refuser);
  expect(letter).toMatchObject({ key: 'k', headers: { v: '1' }, truncated: false, reason: 'BAD_JSON' });
  expect(Buffer.from(letter.value ?? '', 'base64')).toEqual(value);
});

it('a long record is cut, and says so; the letter is never oversize itself', () => {
  const headers = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`h${i}`, '\u0001'.repeat(10_000)]),
  );
  const value = Buffer.alloc(4_000_000, 1);
  const letter = deadLetterOf({ ...at, key: 'k'.repeat(5000), value, headers }, 'OVERSIZE', 'x', refuser);
  expect(letter.truncated).toBe(true);
  expect(Buffer.from(letter.value ?? '', 'base64')).toHaveLength(MAX_DEAD_VALUE_BYTES);
  expect(decodeDeadLetter(encodeDeadLetter(letter))).toMatchObject({ ok: true });
});
