import { z } from 'zod';
import type { Json } from '#protocol';

/** Ids of branches, participants, operations, initiators. */
export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
/** Lower-case UUIDv7. */
export const gtxId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
/** Attempts count from 1; a fallback starts attempt 2. */
export const attemptNumber = z.int().min(1).max(2);

/** A non-negative number that fits a 32-bit column: epochs, partitions. */
export const count = z.int().min(0).max(2_147_483_647);

/** What no PostgreSQL text or jsonb takes: U+0000 and half a surrogate pair. One such string would fail a whole batch. */
const UNSTORABLE = /\0|\p{Surrogate}/u;
const UNSTORABLE_ALL = /\0|\p{Surrogate}/gu;

/** Free text of at most `max` UTF-16 units that a database can hold. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !UNSTORABLE.test(value), {
      error: 'must hold neither U+0000 nor half a surrogate pair',
    });

/** Makes any string fit `text(max)`: cuts it, and replaces what cannot be stored by U+FFFD. For messages of foreign errors. */
export function clipText(value: string, max: number): string {
  return value.slice(0, max).replace(UNSTORABLE_ALL, '\uFFFD');
}

export const MAX_PAYLOAD_DEPTH = 32;

const PAYLOAD_RULE = `JSON, at most ${MAX_PAYLOAD_DEPTH} deep, without U+0000, half surrogate pairs and __proto__`;

/** Any JSON value, at most MAX_PAYLOAD_DEPTH deep. */
export const jsonPayload = z
  .custom<Json>((value) => isJsonPayload(value), { error: `must be ${PAYLOAD_RULE}` })
  .meta({ description: `Any ${PAYLOAD_RULE}.` });

/** Whether a value may travel as payload or output: what a participant checks before it encodes what a handler returned. */
export function isJsonPayload(value: unknown): value is Json {
  return isJson(value, MAX_PAYLOAD_DEPTH);
}

function isJson(value: unknown, depthLeft: number): boolean {
  if (typeof value === 'string') return !UNSTORABLE.test(value);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depthLeft === 0) return false;
  if (Array.isArray(value)) return value.every((inner) => isJson(inner, depthLeft - 1));
  return Object.entries(value).every(([key, inner]) => isSafeKey(key) && isJson(inner, depthLeft - 1));
}

/** `__proto__` is data to JSON.parse, but would change the prototype of whatever a handler copies it onto. */
function isSafeKey(key: string): boolean {
  return key !== '__proto__' && !UNSTORABLE.test(key);
}
