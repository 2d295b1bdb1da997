import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { payloads } from './arbitraries.fixture.js';
import { beginRequestSchema, type BeginRequestInput } from './begin-request.js';
import { canonicalBodyHash, canonicalJson } from './body-hash.js';

const hash = (request: BeginRequestInput): string => canonicalBodyHash(beginRequestSchema.parse(request));
const branch = { id: 'stock', participant: 'inventory', operation: 'reserve' };

it('key order, spelled-out defaults and the id do not change a body', () => {
  const short = hash({ branches: [{ ...branch, payload: { a: 1, b: { c: 2, d: 3 } } }] });
  const long = hash({
    id: '0190a000-0000-7000-8000-000000000001',
    fallback: 'none',
    mode: '2pc',
    branches: [{ kind: 'compensatable', payload: { b: { d: 3, c: 2 }, a: 1 }, ...branch }],
  });
  expect(long).toBe(short);
  expect(short).toMatch(/^[0-9a-f]{64}$/);
});

it('every other difference does', () => {
  const bodies: BeginRequestInput[] = [
    { branches: [branch] },
    { branches: [branch], mode: 'saga' },
    { branches: [branch], timeoutMs: 1 },
    { branches: [branch], businessKey: 'x' },
    { branches: [{ ...branch, payload: [] }] },
    { branches: [{ ...branch, payload: { 1: 2 } }] },
    { branches: [{ ...branch, after: [] }] },
    { branches: [branch, { ...branch, id: 'b' }] },
    { branches: [{ ...branch, id: 'b' }, branch] },
  ];
  expect(new Set(bodies.map(hash)).size).toBe(bodies.length);
});

it('a body has the value that the ledger stored for it', () => {
  const payload = {
    10: 'ten',
    2: -0,
    b: 1e21,
    a: ['"\\\u0001\u2028', 'e\u0301 😀', 0.1, null, true, {}, []],
    '😀"': 'x',
    A: '',
  };
  expect(hash({ businessKey: 'order "42"', branches: [{ ...branch, payload, after: [] }] })).toBe(
    '8db1a5a092f52e8bd1e0314e2660b902f0b1ef8d28c28d80323174ee7ce97daa',
  );
});

const plainJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(plainJson).join()}]`;
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${plainJson(field)}`).join()}}`;
};

it('canonical JSON is what JSON.stringify writes, piece by piece in the order of the keys', () => {
  fc.assert(fc.property(payloads, (value) => expect(canonicalJson(value)).toBe(plainJson(value))));
});

it('keys are sorted however many there are', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${(at * 7) % 40}`, at]));
  expect(canonicalJson(many)).toBe(plainJson(many));
});

it('canonical JSON is JSON of the same value', () => {
  fc.assert(fc.property(payloads, (value) => expect(JSON.parse(canonicalJson(value))).toEqual(value)));
});
