import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { originalPlace } from './original-place.js';

let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'concordat-places-'));
  writeFileSync(path.join(directory, 'part.js'), 'export function part() {\n  return 1;\n}\n');
  writeFileSync(path.join(directory, 'main.js'), "import { part } from './part.js';\nconsole.log(part());\n");
  await build({
    entryPoints: [path.join(directory, 'main.js')],
    outfile: path.join(directory, 'out', 'main.js'),
    bundle: true,
    sourcemap: true,
    format: 'esm',
  });
});

afterAll(() => rmSync(directory, { recursive: true }));

const frame = (file: string, lineNumber: number) => ({
  functionName: 'part',
  url: pathToFileURL(path.join(directory, file)).href,
  lineNumber,
  columnNumber: 0,
});

it('finds the module that a function of a bundle was written in', () => {
  expect(originalPlace(frame('out/main.js', 1))).toBe(frame('part.js', 0).url);
});

it('leaves alone what has no map', () => {
  expect(originalPlace(frame('part.js', 0))).toBe(frame('part.js', 0).url);
  expect(originalPlace({ ...frame('', 0), url: 'node:internal/timers' })).toBe('node:internal/timers');
});
