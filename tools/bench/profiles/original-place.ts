import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

import type { CallFrame } from './cpu-profile.js';

type Payload = ConstructorParameters<typeof SourceMap>[0];

const maps = new Map<string, SourceMap | null>();

/** The source map beside a program; null where there is none. */
function mapOf(url: string): SourceMap | null {
  const known = maps.get(url);
  if (known !== undefined) return known;
  const file = url.startsWith('file:') ? `${fileURLToPath(url)}.map` : null;
  const map =
    file !== null && existsSync(file)
      ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as Payload)
      : null;
  maps.set(url, map);
  return map;
}

/** Where a function was written: apps run as bundles, in which everybody's code has the same address. */
export function originalPlace({ url, lineNumber, columnNumber }: CallFrame): string {
  const entry = mapOf(url)?.findEntry(lineNumber, columnNumber);
  return entry !== undefined && 'originalSource' in entry ? new URL(entry.originalSource, url).href : url;
}
