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

it('canonical JSON is JSON of the same value', () => {
  fc.assert(fc.property(payloads, (value) => expect(JSON.parse(canonicalJson(value))).toEqual(value)));
});
