import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesMatching, linesMatching, ROOT } from './tree.js';

/** A path that exists only where somebody happened to work; the containers' own user is `node`. */
const MACHINE_PATH = /(^|[\s'"`(=:,])\/(work|root|Users|home\/(?!node\b)\w+)\//;

interface Lock {
  readonly packages: Record<string, { readonly optionalDependencies?: Record<string, string> }>;
}

/** `npm ci` refuses a lock without them; a registry that lacks one leaves it out silently. */
function missingPlatformPackages({ packages }: Lock): string[] {
  const locked = Object.keys(packages);
  const isLocked = (name: string) => locked.some((path) => path.endsWith(`node_modules/${name}`));
  return Object.values(packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !isLocked(name));
}

describe('the repository', () => {
  it('names no absolute path of a machine', () => {
    const files = filesMatching(/\.(ts|mjs|cjs|js|json|md|ya?ml|xml|properties|sh)$|Dockerfile$|^\.ci\//);

    expect(linesMatching(files, MACHINE_PATH)).toEqual([]);
  });

  it('locks dependencies without the host they were fetched from', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

    expect(lock).not.toContain('"resolved"');
  });
  it('locks the packages of every platform, not only of the one that wrote the lock', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;

    expect(missingPlatformPackages(lock)).toEqual([]);
  });
});
