/** Ways to spoil a valid message. Each says by its construction, not by asking the decoder, why a reader must refuse the result. */
import { MAX_RECORD_BYTES } from '#wire';
import type { Dice } from '../../crash/support/random.js';
import { badValuesOf } from './bad-values.js';
import { bytesOf, type Shape, type Spoiled } from './hostile-record.js';

/** null: this way does not fit this shape. */
export type Way = (shape: Shape, dice: Dice) => Spoiled | null;

const text = ({ body }: Shape): string => JSON.stringify(body);
const without = (headers: Shape['headers'], name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
const withHeader = (shape: Shape, name: string, value: string, reason: string): Spoiled => ({
  headers: { ...shape.headers, [name]: value },
  value: bytesOf(shape.body),
  reason,
});
const partyOf = ({ headers }: Shape): string | undefined =>
  ['participant', 'initiator'].find((name) => name in headers);

const cutOff: Way = (shape, dice) => {
  const whole = Buffer.from(text(shape));
  return { value: whole.subarray(0, dice.below(whole.length)), reason: 'BAD_JSON' };
};

const NOT_JSON: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('undefined'),
  Buffer.from("{'gtx': 1}"),
  Buffer.from('{"gtx":1,}'),
  Buffer.from('{"gtx":NaN}'),
  Buffer.from('{}{}'),
  Buffer.from('\u0000'),
  Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
  Buffer.from('{}', 'utf16le'),
  Buffer.from('['.repeat(100_000)),
  Buffer.from('{"a":'.repeat(50_000)),
];
const notJson: Way = (_shape, dice) => ({ value: dice.pick(NOT_JSON), reason: 'BAD_JSON' });

/** 0xff is in no UTF-8. */
const notUtf8: Way = (shape, dice) => {
  const whole = Buffer.from(text(shape));
  whole[dice.below(whole.length)] = 0xff;
  return { value: whole, reason: 'BAD_JSON' };
};

const randomBytes: Way = (_shape, dice) => {
  const noise = Buffer.from(Array.from({ length: 1 + dice.below(300) }, () => dice.below(256)));
  return { value: Buffer.concat([Buffer.from([0xff]), noise]), reason: 'BAD_JSON' };
};

const noValue: Way = (shape) =>
  // On the compacted topic it ends a key, and is no message.
  shape.topic.endsWith('.outcomes') ? null : { value: null, reason: 'BAD_JSON' };

const NO_OBJECT = [
  '[]',
  '[{}]',
  '"text"',
  '5',
  '-0',
  'null',
  'true',
  '1e999',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
];
const noObject: Way = (_shape, dice) => ({ value: Buffer.from(dice.pick(NO_OBJECT)), reason: 'INVALID' });

const UNKNOWN_TYPES = [
  'NONSENSE',
  '',
  'vote',
  'VOTE ',
  '__proto__',
  'constructor',
  'toString',
  'ΑCK',
  'A'.repeat(5_000),
];
const unknownType: Way = (shape, dice) => withHeader(shape, 'type', dice.pick(UNKNOWN_TYPES), 'UNKNOWN_TYPE');

const VERSIONS = ['0', '2', '99', '-1', '1.0', '01', ' 1', '1 ', 'one', '', '__proto__', '9'.repeat(400)];
const unknownVersion: Way = (shape, dice) => withHeader(shape, 'v', dice.pick(VERSIONS), 'UNKNOWN_VERSION');

const missingHeader: Way = (shape, dice) => {
  const party = partyOf(shape);
  const name = dice.pick(['v', 'type', ...(party === undefined ? [] : [party])]);
  return { headers: without(shape.headers, name), value: bytesOf(shape.body), reason: 'BAD_HEADERS' };
};

const NO_NAMES = [
  '',
  ' ',
  'a b',
  '../payments',
  'payments.',
  'x'.repeat(65),
  'pay\u0000ments',
  'паyments',
  '*',
  '__proto__;',
];
const badParty: Way = (shape, dice) => {
  const party = partyOf(shape);
  return party === undefined ? null : withHeader(shape, party, dice.pick(NO_NAMES), 'BAD_HEADERS');
};

/** A router that reads only key and headers must not be led astray. */
const contradiction: Way = (shape, dice) => {
  const { body, key, topic } = shape;
  const ways: (() => Spoiled)[] = [];
  for (const name of ['attempt', 'branch'].filter((field) => field in body))
    ways.push(() => withHeader(shape, name, `${String(body[name])}0`, 'BAD_HEADERS'));
  // A dead letter may have any key.
  if (!topic.endsWith('.dead-letters'))
    ways.push(() => ({ key: `${key}0`, value: bytesOf(body), reason: 'BAD_HEADERS' }));
  return ways.length === 0 ? null : dice.pick(ways)();
};

const EXTRA = ['surprise', 'constructor', 'toString', 'hasOwnProperty', '__proto__', 'Gtx', ''];
export const extraField: Way = (shape, dice) => {
  const name = JSON.stringify(dice.pick(EXTRA));
  return { value: Buffer.from(`{${name}:{"polluted":true},${text(shape).slice(1)}`), reason: 'INVALID' };
};

/** The only field with a default. */
const OPTIONAL = 'output';
export const missingField: Way = (shape, dice) => {
  const names = Object.keys(shape.body).filter((name) => name !== OPTIONAL);
  if (names.length === 0) return null;
  const gone = dice.pick(names);
  const body = Object.fromEntries(Object.entries(shape.body).filter(([name]) => name !== gone));
  return { value: bytesOf(body), reason: 'INVALID' };
};

export const badField: Way = (shape, dice) => {
  const names = Object.keys(shape.body);
  const name = dice.pick(names);
  return { value: bytesOf({ ...shape.body, [name]: dice.pick(badValuesOf(name)) }), reason: 'INVALID' };
};

/** The last one counts in JSON: a reader that checked the first would be fooled. */
export const doubledField: Way = (shape, dice) => {
  const name = dice.pick(Object.keys(shape.body));
  const bad = JSON.stringify(dice.pick(badValuesOf(name)));
  return {
    value: Buffer.from(`${text(shape).slice(0, -1)},${JSON.stringify(name)}:${bad}}`),
    reason: 'INVALID',
  };
};

const tooManyHeaders: Way = (shape) => {
  const more = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`more-${at}`, 'x'.repeat(5_000)]));
  return { headers: { ...shape.headers, ...more }, value: Buffer.from('{'), reason: 'BAD_JSON' };
};

const oversize: Way = (shape, dice) => {
  const sizeBytes = MAX_RECORD_BYTES + 1 + dice.below(2 * MAX_RECORD_BYTES);
  const padding = Buffer.alloc(sizeBytes, ' ');
  return { value: Buffer.concat([Buffer.from(text(shape)), padding]), reason: 'OVERSIZE' };
};

export const WAYS: Readonly<Record<string, Way>> = {
  'cut off': cutOff,
  'not JSON': notJson,
  'not UTF-8': notUtf8,
  'random bytes': randomBytes,
  'no value': noValue,
  'no object': noObject,
  'unknown type': unknownType,
  'unknown version': unknownVersion,
  'missing header': missingHeader,
  'bad name of a party': badParty,
  'envelope contradicts body': contradiction,
  'extra field': extraField,
  'missing field': missingField,
  'bad field': badField,
  'doubled field': doubledField,
  'too many headers': tooManyHeaders,
};

/** Large ones are rare, or a run would be about bandwidth. */
export const RARE_WAYS: Readonly<Record<string, Way>> = { oversize };
