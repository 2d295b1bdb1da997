import { hash } from 'node:crypto';
import type { BeginRequest } from './begin-request.js';

/**
 * "Same body" of api.md §2: sha256 (hex) of the request after defaults, without its `id`, as JSON with sorted keys.
 * Equal for requests that differ only in key order, spacing, spelled-out defaults or the id. The ledger keeps it: the value of a
 * body must never change.
 */
export function canonicalBodyHash(request: BeginRequest): string {
  const { id: _id, ...body } = request;
  return hash('sha256', canonicalJson(body), 'hex');
}

/** JSON with keys sorted by UTF-16 units, at every depth; absent and undefined fields are the same. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item)}`;
    return `[${text}]`;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of sorted(Object.keys(fields))) {
    const field = fields[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

/** What JSON writes otherwise than between quotes as it is; half a surrogate pair is looked for as any surrogate. */
const ESCAPED = /[\0-\x1f"\\\ud800-\udfff]/;

/** As JSON.stringify, several times as fast for what needs no escape: almost everything. */
function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** More than an object usually has: then insertion would be the slow way. */
const FEW = 16;

/** Sorts in place; the few keys of usual objects by insertion, which costs a quarter of Array.sort there. */
function sorted(keys: string[]): string[] {
  if (keys.length > FEW) return keys.sort();
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at]!;
    let to = at;
    for (; to > 0 && keys[to - 1]! > key; to -= 1) keys[to] = keys[to - 1]!;
    keys[to] = key;
  }
  return keys;
}
