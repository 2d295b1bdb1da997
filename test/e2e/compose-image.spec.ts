/** The Dockerfile builds from what the repository holds, and the image runs as nobody special. */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { readComposeFile, readText } from './compose/file.js';
import { ROOT } from '../architecture/tree.js';

const dockerfile = readText(ROOT, 'Dockerfile');
const manifest = JSON.parse(readText(ROOT, 'package.json')) as {
  version: string;
  devDependencies: Record<string, string>;
};
const letIn = readText(ROOT, '.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

/** Sources of the COPY lines that come from the checkout, not from an earlier stage. */
function copiedFromCheckout(): string[] {
  const lines = dockerfile.split('\n').filter((line) => /^COPY (?!--from)/.test(line));
  return lines.flatMap((line) => line.split(/\s+/).slice(1, -1));
}

const stages = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));

describe('the image', () => {
  it('is built on one release of Node, the one that tests run on', () => {
    expect(new Set(stages)).toEqual(new Set([`node:${manifest.devDependencies['node']}-trixie-slim`]));
  });

  it('copies only what exists', () => {
    expect(copiedFromCheckout().filter((source) => !existsSync(path.join(ROOT, source)))).toEqual([]);
  });

  it('gets exactly what .dockerignore lets in', () => {
    expect(copiedFromCheckout().sort()).toEqual([...letIn].sort());
  });

  it('runs as a user who owns none of its files', () => {
    expect(lastStage).toMatch(/^USER node$/m);
    expect(lastStage).not.toContain('--chown');
  });

  it('carries the version of the package in the compose file', () => {
    const { apps } = readComposeFile(readText(ROOT, 'docker-compose.yml'));

    expect(new Set([...apps.values()].map(({ image }) => image))).toEqual(
      new Set([`concordat:${manifest.version}`]),
    );
  });
});
