import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { repositoryRoot } from '../../stack/repository.js';

const root = repositoryRoot();
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), 'utf8');

function sources(): readonly string[] {
  const files = readdirSync(path.join(root, 'libs'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts') && !file.includes('node_modules'));
}

/** `// TLA+: Load; XaBranch!Expire for …` → Concordat!Load, XaBranch!Expire: the capitalized words. */
function citationsOf(text: string): readonly string[] {
  return [...text.matchAll(/\/\/ TLA\+: (.*)$/gm)].flatMap(([, cited = '']) =>
    [...cited.matchAll(/\b(?:(XaBranch)!)?([A-Z]\w+)(?!!)\b/g)].map(
      ([, module = 'Concordat', action = '']) => `${module}!${action}`,
    ),
  );
}

function definitionsOf(module: string): readonly string[] {
  return [...read('specs', `${module}.tla`).matchAll(/^(\w+)(?:\([^)]*\))? ==/gm)].map(
    ([, name]) => `${module}!${name ?? ''}`,
  );
}

const cited = sources().flatMap((file) => citationsOf(read('libs', file)));

describe('the code', () => {
  it('cites only actions that the specifications define', () => {
    const defined = [...definitionsOf('Concordat'), ...definitionsOf('XaBranch')];

    expect(cited.filter((one) => !defined.includes(one))).toEqual([]);
  });

  it.each([
    'Begin',
    'DecideCommit',
    'DecideAbort',
    'DecideFallback',
    'TakeAck',
    'PlantTombstone',
    'FinishAbort',
  ])('cites %s', (action) => {
    expect(cited).toContain(`Concordat!${action}`);
  });
});
