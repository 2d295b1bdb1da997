import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesMatching, linesMatching, ROOT } from './tree.js';

/** A path that exists only where somebody happened to work; the containers' own user is `node`. */
const MACHINE_PATH = /(^|[\s'"`(=:,])\/(work|root|Users|home\/(?!node\b)\w+)\//;

describe('the repository', () => {
  it('names no absolute path of a machine', () => {
    const files = filesMatching(/\.(ts|mjs|cjs|js|json|md|ya?ml|xml|properties|sh)$|Dockerfile$|^\.ci\//);

    expect(linesMatching(files, MACHINE_PATH)).toEqual([]);
  });

  it('locks dependencies without the host they were fetched from', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

    expect(lock).not.toContain('"resolved"');
  });
});
