/**
 * What "done" means, in the order of cheapness. Each static check counts as one; a jest stage counts its tests, the proof its
 * checks. The stages from `crash` on run what `build` has built.
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} what      one line for the reader
 * @property {string[]} command
 * @property {number} limitMs   a stage that takes longer hangs, and is ended
 * @property {{by: 'jest' | 'proof', file: string}} [result]  where the command writes its counts; absent for a static check
 */
const MINUTE_MS = 60_000;

const bin = (name) => `node_modules/.bin/${name}`;

/** @returns {Stage} */
function check(name, what, command) {
  return { name, what, command, limitMs: 5 * MINUTE_MS };
}

/** @returns {Stage} */
function tests(name, what, limitMinutes, workers) {
  const resultFile = `tmp/verify/${name}.json`;
  const jest = [
    bin('node'),
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--ci',
    '--selectProjects',
    name,
    '--json',
    `--outputFile=${resultFile}`,
    workers === 1 ? '--runInBand' : `--maxWorkers=${workers}`,
  ];
  const result = { by: 'jest', file: resultFile };
  return { name, what, command: jest, limitMs: limitMinutes * MINUTE_MS, result };
}

/** @returns {Stage} */
function proof(what, limitMinutes) {
  const file = 'tmp/verify/proof.json';
  const command = [bin('node'), 'tools/proof/main.mjs', '--report', file];
  const result = { by: 'proof', file };
  return { name: 'proof', what, command, limitMs: limitMinutes * MINUTE_MS, result };
}

/** @type {Stage[]} */
export const STAGES = [
  check('build', 'nest build compiles the whole tree', ['npm', 'run', '--silent', 'build']),
  check('format', 'prettier', [bin('prettier'), '--check', '--log-level', 'warn', '.']),
  check('lint', 'eslint', [bin('eslint'), '.']),
  check('imports', 'dependency-cruiser: ranks, entry points, cycles', [
    'npm',
    'run',
    '--silent',
    'depcruise',
  ]),
  check('types', 'tsc, tests included', [bin('tsc'), '--project', 'tsconfig.json', '--noEmit']),
  tests('unit', 'no IO', 5, 2),
  tests('integration', 'real PostgreSQL and Kafka', 10, 2),
  tests('crash', 'processes killed under load', 30, 1),
  tests('e2e', 'the built product from outside', 15, 1),
  proof('README, "Reliability", at the size for CI', 40),
];
