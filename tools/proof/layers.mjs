/**
 * The layers of the proof (README, "Reliability"), in the order of cheapness. Those on the real stack wait most of the time, for
 * timers, sessions and takeovers; the others only compute. Each kind is a lane (lanes.mjs).
 *
 * @typedef {object} Layer
 * @property {string} name
 * @property {string} what      one line for the reader
 * @property {'compute' | 'stack'} lane
 * @property {string[]} command a program that hands in a fragment (fragment.ts)
 * @property {{ci: number, release: number}} limitMinutes  a layer that takes longer hangs, and is ended; what computes may have
 *   to wait for the other lane, and for whoever else uses the machine
 */
const NODE = 'node_modules/.bin/node';

const compiled = (name) => [NODE, `dist/tools/proof/${name}/main.js`];

const spec = (path) => [
  NODE,
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  // Of kafkajs, where a layer uses it raw (tulios/kafkajs#1751); the product's own use is mended.
  '--disable-warning=TimeoutNegativeWarning',
  'node_modules/jest/bin/jest.js',
  '--ci',
  '--runInBand',
  '--selectProjects',
  'proof',
  '--testPathPatterns',
  `test/proof/${path}/`,
];

/** @type {Layer[]} */
export const LAYERS = [
  {
    name: 'search',
    what: 'every reachable state of the real transition functions, in small installations',
    lane: 'compute',
    command: compiled('search'),
    limitMinutes: { ci: 35, release: 120 },
  },
  {
    name: 'tla',
    what: 'the TLA+ specification, and a counterexample for every rule removed',
    lane: 'compute',
    command: compiled('tla'),
    limitMinutes: { ci: 35, release: 240 },
  },
  {
    name: 'simulation',
    what: 'the real code over simulated time, network and databases, under swarms of faults',
    lane: 'compute',
    command: compiled('simulation'),
    limitMinutes: { ci: 35, release: 1_440 },
  },
  {
    name: 'mutants',
    what: 'planted bugs, each of which must be caught',
    lane: 'compute',
    command: compiled('mutants'),
    limitMinutes: { ci: 35, release: 60 },
  },
  {
    name: 'traces',
    what: 'histories put to the public two-phase-commit specification, false ones refused',
    lane: 'compute',
    command: spec('traces'),
    limitMinutes: { ci: 35, release: 60 },
  },
  {
    name: 'hostile',
    what: 'fuzzed messages and requests between good transactions on the real stack',
    lane: 'stack',
    command: spec('hostile'),
    limitMinutes: { ci: 12, release: 120 },
  },
  {
    name: 'crash-matrix',
    what: 'every fault point killed on the real stack',
    lane: 'stack',
    command: spec('matrix'),
    limitMinutes: { ci: 18, release: 240 },
  },
  {
    name: 'chaos',
    what: 'three brokers, standbys, cut wires, full disks',
    lane: 'stack',
    command: spec('chaos'),
    limitMinutes: { ci: 18, release: 240 },
  },
];
