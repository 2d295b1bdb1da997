/** Ways to spoil a pack. Every message in it is bad: a good one would be obeyed, as it must be. */
import { bytesOf, type Shape, type Spoiled } from './hostile-record.js';
import { badField, doubledField, extraField, missingField, type Way } from './spoil.js';

const TAKES_PACKS = /\.(commands\.[^.]+|replies)$/;
const MORE_THAN_ANY_PACK = 257;
const BAD_BODIES: readonly Way[] = [extraField, missingField, badField, doubledField];
const HEADERS = { v: '2', type: 'PACK' };

const typeOf = ({ headers }: Shape): string => headers['type'] ?? '';
const packed = (
  { key, headers: { participant = 'payments' } }: Shape,
  rest: Omit<Spoiled, 'key'>,
): Spoiled => ({
  key,
  ...rest,
  headers: { ...HEADERS, participant, ...rest.headers },
});
const message = (type: string, body: Buffer | null): string =>
  `{"type":${JSON.stringify(type)},"body":${body?.toString() ?? 'null'}}`;
/** As a way that only fits topics on which packs are read. */
const inPacks =
  (way: (shape: Shape, dice: Parameters<Way>[1]) => Omit<Spoiled, 'key'>): Way =>
  (shape, dice) =>
    TAKES_PACKS.test(shape.topic) ? packed(shape, way(shape, dice)) : null;

const badMessages = inPacks((shape, dice) => {
  const bodies = Array.from(
    { length: 1 + dice.below(5) },
    () => dice.pick(BAD_BODIES)(shape, dice)?.value ?? null,
  );
  const value = Buffer.from(`[${bodies.map((body) => message(typeOf(shape), body)).join(',')}]`);
  return { value, reason: 'INVALID' };
});

const FOREIGN_TYPES = ['PACK', 'BEGIN', 'OUTCOME', '', '__proto__'];
const foreignTypes = inPacks(({ body }, dice) => ({
  value: Buffer.from(`[${message(dice.pick(FOREIGN_TYPES), bytesOf(body))}]`),
  reason: 'UNKNOWN_TYPE',
}));

const noPack = inPacks((shape, dice) => {
  const one = { type: typeOf(shape), body: shape.body };
  const values = [
    {},
    [],
    [[one]],
    [null],
    [{ ...one, more: 1 }],
    [{ body: shape.body }],
    Array(MORE_THAN_ANY_PACK).fill(one),
  ];
  return { value: bytesOf(dice.pick<unknown>(values)), reason: 'INVALID' };
});

const otherVersion = inPacks((shape, dice) => ({
  headers: { v: dice.pick(['1', '3', '02']) },
  value: Buffer.from(`[${message(typeOf(shape), bytesOf(shape.body))}]`),
  reason: 'UNKNOWN_VERSION',
}));

/** Where no packs are read it is a message of a version nobody knows. */
const elsewhere: Way = (shape) =>
  TAKES_PACKS.test(shape.topic)
    ? null
    : {
        headers: { ...shape.headers, ...HEADERS },
        value: bytesOf([{ type: typeOf(shape), body: shape.body }]),
        reason: 'UNKNOWN_VERSION',
      };

export const PACK_WAYS: Readonly<Record<string, Way>> = {
  'pack of bad messages': badMessages,
  'pack of foreign types': foreignTypes,
  'no pack at all': noPack,
  'pack of another version': otherVersion,
  'pack where none is read': elsewhere,
};
