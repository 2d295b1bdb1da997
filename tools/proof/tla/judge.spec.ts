import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { repositoryRoot } from '../../stack/repository.js';
import { configWith } from './config.js';
import { actionsNeverTaken } from './coverage.js';
import { judge } from './judge.js';
import type { TlcResult } from './output.js';
import { REMOVALS } from './removals.js';
import type { Run } from './run.js';
import { runsOf } from './runs.js';

const specs = path.join(repositoryRoot(), 'specs');
const spec = (file: string): string => readFileSync(path.join(specs, file), 'utf8');

const run = (expected: Run['expect']): Run => ({
  name: 'a run',
  module: 'XaBranch',
  config: 'XaBranch.cfg',
  expect: expected,
});
const PINNED = run({ kind: 'holds', pinned: { distinct: 10, generated: 20 } });
const BROKEN = run({ kind: 'violates', property: 'G1' });

const searched = (distinct: number, generated: number): TlcResult => ({
  kind: 'holds',
  ...{ distinct, generated, depth: 3, actions: {} },
});
const violated = (property: string): TlcResult => ({
  kind: 'violated',
  property,
  steps: 2,
  trace: ['Initial', 'Begin'],
});
const FAILED: TlcResult = { kind: 'failed', why: 'out of memory' };

describe('the verdict on a run', () => {
  it('accepts exactly the pinned search, and the expected violation', () => {
    expect(judge(PINNED, searched(10, 20), 1)).toMatchObject({ ok: true });
    expect(judge(BROKEN, violated('G1'), 1)).toEqual({
      name: 'a run',
      ok: true,
      detail: 'G1 violated after 2 states, 1.0 s',
    });
  });

  it.each([
    ['a smaller search than pinned', PINNED, searched(9, 20)],
    ['another graph than pinned', PINNED, searched(10, 21)],
    ['a violation of the rules as specified', PINNED, violated('G1')],
    ['a removed rule that breaks nothing', BROKEN, searched(10, 20)],
    ['a removed rule that breaks something else', BROKEN, violated('G2')],
    ['a failed run of the rules', PINNED, FAILED],
    ['a failed run without a rule', BROKEN, FAILED],
  ])('refuses %s, and says how to repeat it', (_, of, result) => {
    expect(judge(of, result, 1)).toMatchObject({
      ok: false,
      replay: expect.stringContaining("--only 'a run'"),
    });
  });
});

describe('the coverage', () => {
  const taking = (actions: Record<string, number>): TlcResult =>
    ({ ...searched(1, 1), actions }) as TlcResult;

  it('lists the actions that no search took', () => {
    expect(
      actionsNeverTaken([taking({ Begin: 1, Crash: 0 }), taking({ Begin: 2, Load: 0, Crash: 3 })]),
    ).toEqual(['Load']);
  });

  it('is not satisfied by no report at all', () => {
    expect(actionsNeverTaken([FAILED, taking({})])).not.toEqual([]);
  });
});

describe('the runs', () => {
  it.each(runsOf('release').map((one) => [one.name, one] as const))('%s: has a configuration', (_, one) => {
    const text = configWith(spec(one.config), one);

    for (const [constant, value] of Object.entries(one.constants ?? {}))
      expect(text).toContain(`  ${constant} = ${value}\n`);
    for (const invariant of one.invariants ?? []) expect(text).toContain(invariant);
  });

  it('at CI size are pinned', () => {
    const unpinned = runsOf('ci').filter(
      ({ expect: { kind, ...rest } }) => kind === 'holds' && !('pinned' in rest && rest.pinned),
    );

    expect(unpinned).toEqual([]);
  });

  it('have names of their own', () => {
    const names = runsOf('release').map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
  });

  it('remove every rule of the specifications', () => {
    const rules = ['Concordat', 'XaBranch'].flatMap((module) =>
      rulesOf(spec(`${module}.tla`)).map((rule) => [module, rule]),
    );
    const removed = REMOVALS.flatMap(({ module, constants = {} }) =>
      Object.entries(constants).flatMap(([name, value]) => (value === 'FALSE' ? [`${module}:${name}`] : [])),
    );

    expect(
      rules.filter(
        ([module, rule]) => !removed.some((one) => one.startsWith(module!) && one.endsWith(`:${rule!}`)),
      ),
    ).toEqual([]);
  });

  it('are all described in specs/README.md', () => {
    const text = spec('README.md');

    for (const { name } of REMOVALS) expect(text).toContain(`\`${name}\``);
  });

  it('refuse a constant that the configuration does not have', () => {
    expect(() => configWith(spec('XaBranch.cfg'), { constants: { CheckTags: 'FALSE' } })).toThrow(
      'CheckTags',
    );
  });
});

/** The constants under the heading "the rules". */
function rulesOf(module: string): readonly string[] {
  const [, block = ''] = /^CONSTANTS +\\\* the rules[^\n]*\n([^]*?)\n\n/m.exec(module) ?? [];
  return [...block.matchAll(/^ {2}(\w+),? +\\\*/gm)].map(([, name]) => name ?? '');
}
