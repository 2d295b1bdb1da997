import { FAULT_POINTS } from '#observability';
import type { FaultPoint } from '#observability';
import type { Size } from '../../../../tools/proof/fragment.js';
import { PLACES } from './places.js';
import type { Situation, Traffic, Victim } from './places.js';

/** kill: SIGKILL at the point. stop: SIGSTOP there, longer than an instance may be silent, and SIGCONT later. */
export type Strike = 'kill' | 'stop';
/**
 * same: nobody else is there; the process is started again, or wakes, and finishes itself.
 * other: the process stays away; another finishes. A stopped one wakes when all is over: a zombie.
 */
export type Recovery = 'same' | 'other';

/** One way to die at one point. */
export interface Cell {
  /** `C4:kill:commit:other:coordinator`: what PROOF_ONLY names, whole or from its beginning. */
  readonly id: string;
  readonly point: FaultPoint;
  readonly strike: Strike;
  readonly situation: Situation;
  readonly recovery: Recovery;
  readonly victim: Victim;
  readonly traffic: Traffic;
}

function cellsOf(point: FaultPoint): readonly Cell[] {
  const { victims, situations } = PLACES[point];
  const cells: Cell[] = [];
  for (const strike of ['kill', 'stop'] as const)
    for (const [situation, traffic] of Object.entries(situations) as [Situation, Traffic][])
      for (const recovery of ['same', 'other'] as const)
        for (const victim of victims) {
          const id = [point, strike, situation, recovery, victim].join(':');
          cells.push({ id, point, strike, situation, recovery, victim, traffic });
        }
  return cells;
}

/** Every cell there is. */
export const ALL: readonly Cell[] = FAULT_POINTS.flatMap(cellsOf);

/** At CI size: each point killed once, by turns in each situation and each way of recovery, and some zombies. */
const CI = [
  'C1:kill:commit:other',
  'C2:kill:refusal:same',
  'C3:kill:timeout:other',
  'C4:kill:commit:same',
  'C5:kill:commit:other',
  'C6:kill:refusal:other',
  'C7:kill:commit:same',
  'C8:kill:commit:other',
  'C9:kill:timeout:same',
  'C10:kill:commit:other',
  'W1:kill:commit:same',
  'W2:kill:refusal:other',
  'W3:kill:timeout:other',
  'W5:kill:commit:same',
  'P1:kill:commit:same:payments',
  'P2:kill:timeout:same:inventory',
  'P3:kill:commit:other:payments',
  'P4:kill:refusal:same:inventory',
  'P5:kill:commit:other:inventory',
  'P6:kill:commit:same:payments',
  'P7:kill:timeout:same:payments',
  'P8:kill:refusal:same:payments',
  'S1:kill:commit:same:payments',
  'S2:kill:commit:other',
  'S3:kill:timeout:other',
  'S4:kill:refusal:same:inventory',
  'S5:kill:refusal:same',
  'S6:kill:timeout:same',
  'O1:kill:commit:same',
  'O2:kill:refusal:other',
  'C4:stop:commit:other',
  'C6:stop:refusal:other',
  'W2:stop:timeout:other',
  'P2:stop:commit:other:payments',
  'P3:stop:timeout:other:payments',
  'P6:stop:commit:other:inventory',
  'S2:stop:commit:other',
  'S4:stop:refusal:other:payments',
  'O2:stop:commit:other',
] as const;

const named = (prefix: string): readonly Cell[] =>
  ALL.filter(({ id }) => id === prefix || id.startsWith(`${prefix}:`));

/**
 * The cells of a size; `only` (comma-separated ids or beginnings of ids) narrows them, also to cells that the size alone would
 * leave out. Throws for a name that is none.
 */
export function cellsFor(size: Size, only: string | undefined): readonly Cell[] {
  const chosen = size === 'release' ? ALL : CI.flatMap((prefix) => named(prefix));
  if (!only) return chosen;
  const cells = only.split(',').flatMap((prefix) => {
    const all = named(prefix.trim());
    const here = all.filter((cell) => chosen.includes(cell));
    return here.length > 0 ? here : all;
  });
  if (cells.length === 0)
    throw new RangeError(`PROOF_ONLY=${only} names no cell; an id is like ${ALL[0]!.id}`);
  return [...new Set(cells)];
}
