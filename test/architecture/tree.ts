import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders that hold nothing written by hand. */
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.concordat', 'coverage', 'tmp']);

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** Every file of the repository whose path matches, in a stable order. */
export function filesMatching(pattern: RegExp): SourceFile[] {
  return walk(ROOT)
    .map((path) => ({ absolute: path, path: relative(ROOT, path).split(sep).join('/') }))
    .filter(({ path }) => pattern.test(path))
    .map(({ absolute, path }) => ({ path, text: readFileSync(absolute, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `path:line: text` of every line that matches: what a failure shows, and where to click. */
export function linesMatching(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, at }) => `${at}: ${line.trim()}`),
  );
}

/** Names of the folders right under `folder`. */
export function foldersIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
