import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldersIn, ROOT } from './tree.js';

interface Manifest {
  readonly imports: Record<string, { readonly source: string; readonly default: string }>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const libraries = foldersIn('libs');

describe.each(libraries)('libs/%s', (library) => {
  it('says in a README what it owns, what it does not own, and its invariants', () => {
    const path = join(ROOT, 'libs', library, 'README.md');
    const text = existsSync(path) ? readFileSync(path, 'utf8').toLowerCase() : '(no README.md)';

    for (const part of ['owns', 'does not own', 'invariant']) expect(text).toContain(part);
  });

  it('is imported by its alias, which leads to its index', () => {
    expect(manifest.imports[`#${library}`]?.source).toBe(`./libs/${library}/src/index.ts`);
  });
});

describe('package.json', () => {
  it.each(Object.entries(manifest.imports))('alias %s leads to a source and to its build', (_, target) => {
    expect(existsSync(join(ROOT, target.source))).toBe(true);
    expect(target.default).toBe(target.source.replace('./', './dist/').replace(/\.ts$/, '.js'));
  });

  it('pins every dependency to one version', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );

    expect(ranges).toEqual([]);
  });
});
