import { describe, expect, it } from '@jest/globals';
import { filesMatching, type SourceFile } from './tree.js';

const FOLDER = 'test/integration/shipped-bugs';
/** The bugs that other systems shipped, in the order of their table. */
const BUGS = [
  'unknown-transaction-acknowledged-as-committed',
  'abort-overtakes-prepare',
  'gid-collision-of-two-databases',
  'success-acknowledged-after-failed-redo',
  'orphan-of-another-owner-blocks-recovery',
  'database-time-zone-is-not-the-process-time-zone',
  'slow-branch-run-three-times-at-once',
  'failure-reason-of-100-kb',
  'backoff-without-cap',
  'one-slow-branch-blocks-recovery',
  'duplicate-reply-advances-saga-twice',
];

const found = new Map(filesMatching(/^test\/integration\/shipped-bugs\//).map((file) => [file.path, file]));
const specOf = (bug: string): SourceFile | undefined => found.get(`${FOLDER}/${bug}.spec.ts`);

describe('the list of shipped bugs', () => {
  it('has eleven entries, and its table names each with its test', () => {
    const table = found.get(`${FOLDER}/README.md`)?.text ?? '';
    const named = [...table.matchAll(/^\| [^|]+ \| \[([a-z0-9-]+)\]\(\1\.spec\.ts\)\s+\|/gm)].map(
      ([, name]) => name,
    );

    expect(named).toEqual(BUGS);
    expect(new Set(BUGS).size).toBe(11);
  });

  it.each(BUGS)('%s is tested, and the test says what was shipped', (bug) => {
    const { text = '' } = specOf(bug) ?? {};

    expect(text).toMatch(/^\/\*\* Shipped bug: \S.+\*\/$/m);
    expect(text).toMatch(/^\s+it(\.each\(.*\))?\(/m);
    expect(text).toMatch(/^\s+(await )?expect\(/m);
  });

  it('has no test that the table does not know', () => {
    const specs = [...found.keys()].filter((path) => path.endsWith('.spec.ts'));
    expect(specs.sort()).toEqual(BUGS.map((bug) => `${FOLDER}/${bug}.spec.ts`).sort());
  });
});
