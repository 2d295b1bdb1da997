import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { FAULT_POINTS } from '#observability';
import { GENERATED } from '../../tools/docs/documents.js';
import { filesMatching, ROOT, type SourceFile } from './tree.js';

const pages = filesMatching(/\.md$/);

/** Text that is shown as it stands: what looks like a link there is none. */
const withoutCode = (text: string): string =>
  text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** Targets of `[text](target)` that stay inside the repository. */
function linksOf({ text }: SourceFile): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/[`*]/g, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

function anchorsOf(text: string): string[] {
  const headings = [...withoutFences(text).matchAll(/^#{1,6} (.+)$/gm)];
  return headings.map(([, heading]) => anchorOf(heading ?? ''));
}

const withoutFences = (text: string): string => text.replaceAll(/^```[^]*?^```$/gm, '');

function isBroken(page: SourceFile, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page.path : normalize(join(dirname(page.path), path));
  if (target.startsWith('..') || !existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, target), 'utf8')).includes(anchor);
}

describe('documents', () => {
  it.each(GENERATED)('$path says what the code says (else `npm run docs:generate`)', ({ path, render }) => {
    const current = readFileSync(join(ROOT, path), 'utf8');

    expect(current).toBe(render(current, ROOT));
  });

  it('link only to what exists', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => isBroken(page, link))
        .map((link) => `${page.path}: ${link}`),
    );

    expect(broken).toEqual([]);
  });

  it('have a row of the failure matrix for every fault point of the code', () => {
    const matrix = readFileSync(join(ROOT, 'docs/failure-matrix.md'), 'utf8');
    const rows = [...matrix.matchAll(/^\| ([A-Z]\d+) /gm)].map(([, code]) => code);

    expect(rows.sort()).toEqual([...FAULT_POINTS].sort());
  });

  it('are all reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      const page = pages.find((one) => one.path === path);
      for (const link of page === undefined ? [] : linksOf(page)) {
        reached.add(normalize(join(dirname(path), link.split('#')[0] ?? '')));
      }
    }
    const docs = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));

    expect(docs.filter((path) => !reached.has(path))).toEqual([]);
  });
});
