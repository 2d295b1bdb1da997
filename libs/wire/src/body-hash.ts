import { createHash } from 'node:crypto';
import type { BeginRequest } from './begin-request.js';

/**
 * "Same body" of api.md §2: sha256 (hex) of the request after defaults, without its `id`, as JSON with sorted keys.
 * Equal for requests that differ only in key order, spacing, spelled-out defaults or the id.
 */
export function canonicalBodyHash(request: BeginRequest): string {
  const { id: _id, ...body } = request;
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

/** JSON with keys sorted by UTF-16 units, at every depth; absent and undefined fields are the same. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(fields).sort()) {
    if (fields[key] === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(fields[key])}`;
  }
  return `{${text}}`;
}
