/** Every search of the layer: what must hold, with its pinned size, and what each rule, removed, must break. */
import type { Size } from '../fragment.js';
import { REMOVALS } from './removals.js';
import type { Run } from './run.js';

const base = { module: 'ConcordatProperties', config: 'Concordat.cfg' } as const;
const long = { ...base, effort: 'long' } as const;
const liveness = { module: 'ConcordatProperties', config: 'ConcordatLiveness.cfg' } as const;
const xa = { module: 'XaBranch', config: 'XaBranch.cfg' } as const;
const xaLiveness = { module: 'XaBranch', config: 'XaBranchLiveness.cfg' } as const;

/** What a restored ledger has told to clients is gone with it; what participants did must agree all the same. */
export const AFTER_RESTORE = ['G1_AtomicOutcome', 'G5_ExactlyOnce', 'G7_StaleHarmless'];

const holds = (distinct: number, generated: number): Run['expect'] => ({
  kind: 'holds',
  pinned: { distinct, generated },
});
const unpinned: Run['expect'] = { kind: 'holds', pinned: null };

const CI: readonly Run[] = [
  { ...long, name: '2 participants', expect: holds(180480, 1048503) },
  {
    ...long,
    name: '2 participants, pivot',
    constants: { Pivot: '2', ReadOnly: 'FALSE' },
    expect: holds(77627, 465088),
  },
  {
    ...base,
    name: '2 participants, restored ledger',
    constants: { Restores: 'TRUE', Fallback: 'FALSE', ReadOnly: 'FALSE' },
    invariants: AFTER_RESTORE,
    expect: holds(9401, 62280),
  },
  {
    ...long,
    name: '3 participants, commit',
    constants: { N: '3', Fallback: 'FALSE' },
    expect: holds(87968, 653056),
  },
  {
    ...long,
    name: '3 participants, fallback',
    constants: { N: '3', Drivers: '{d1}', Pivot: '2', ReadOnly: 'FALSE' },
    expect: holds(96854, 540052),
  },
  {
    ...liveness,
    name: 'liveness, participants stay dead',
    constants: { Fallback: 'FALSE', Dies: 'TRUE', Drivers: '{d1}' },
    expect: holds(7640, 33201),
  },
  {
    ...liveness,
    name: 'liveness, messages are lost',
    constants: { Fallback: 'FALSE', Loses: 'TRUE', Drivers: '{d1}', ReadOnly: 'FALSE' },
    expect: holds(14598, 94103),
  },
  {
    ...liveness,
    name: 'liveness, fallback',
    constants: { Drivers: '{d1}', ReadOnly: 'FALSE' },
    expect: holds(23536, 105054),
  },
  { ...xa, name: 'xa branch', expect: holds(15290, 93823) },
  { ...xa, name: 'xa branch, gids get lost', constants: { LosesGids: 'TRUE' }, expect: holds(32367, 199345) },
  {
    ...xa,
    name: 'xa branch, unknown to the ledger',
    constants: { Ghosts: 'TRUE' },
    expect: holds(18054, 113397),
  },
  {
    ...xaLiveness,
    name: 'xa branch, liveness',
    constants: { Processes: '{p1}' },
    expect: holds(3652, 12589),
  },
];

/** On top of the CI size. */
const RELEASE: readonly Run[] = [
  {
    ...base,
    effort: 'huge',
    name: '3 participants, fallback, two drivers',
    constants: { N: '3', ReadOnly: 'FALSE' },
    expect: unpinned,
  },
  {
    ...liveness,
    effort: 'huge',
    name: 'liveness, two drivers',
    constants: { Fallback: 'FALSE', Dies: 'TRUE', ReadOnly: 'FALSE' },
    expect: unpinned,
  },
  {
    ...xa,
    effort: 'huge',
    name: 'xa branch, two watchdogs',
    constants: { Watchdogs: '{w1, w2}' },
    expect: unpinned,
  },
  {
    ...xa,
    effort: 'huge',
    name: 'xa branch, three processes',
    constants: { Processes: '{p1, p2, p3}' },
    expect: unpinned,
  },
  { ...xaLiveness, effort: 'huge', name: 'xa branch, liveness, two processes', expect: unpinned },
];

export function runsOf(size: Size): readonly Run[] {
  return [...CI, ...REMOVALS, ...(size === 'release' ? RELEASE : [])];
}
