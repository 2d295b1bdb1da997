/** What is searched. CI: two participants with everything, three with narrower faults. Release: three with everything. */
import type { StepKind } from '#protocol';
import type { Answer } from './database.js';
import type { CrowdOptions } from './interleavings.js';
import type { ModelOptions } from './model-types.js';
import type { Style } from './threads.js';

export interface Scenario<O> {
  readonly name: string;
  readonly release: boolean;
  readonly options: O;
}

type OneMachine = ModelOptions['machines'][number];

/** A participant whose handlers may do their work or answer as given; an action may also be refused. */
export function participant(
  style: Style,
  worked: readonly Answer[],
  acted: readonly Answer[] = ['refuse'],
): OneMachine {
  return { style, answers: { worked, acted }, expires: true, loses: false };
}

export const EVERY_ANSWER: readonly Answer[] = ['refuse', 'readOnly', 'fault'];
export const kinds = (count: number): readonly StepKind[] =>
  Array.from({ length: count }, () => 'compensatable');

/** Two-phase commit over an xa and a tcc branch, one driver, nothing special. */
export const PLAIN: ModelOptions = {
  plan: { mode: '2pc', fallback: 'none', kinds: kinds(2) },
  machines: [participant('tcc', EVERY_ANSWER), participant('xa', EVERY_ANSWER)],
  drivers: 1,
  unknown: false,
  ghosts: false,
  flush: false,
  zombies: false,
  forgets: true,
  operator: false,
  defect: { driver: null, participant: null },
};

export const FALLBACK: ModelOptions = { ...PLAIN, plan: { ...PLAIN.plan, fallback: 'saga' } };
const MANY = { drivers: 2, zombies: true, flush: true, operator: true } as const;
const THREE = [
  participant('tcc', EVERY_ANSWER),
  participant('xa', EVERY_ANSWER),
  participant('tcc', EVERY_ANSWER),
];

const of = <O>(name: string, options: O, release = false): Scenario<O> => ({ name, options, release });

export const PROTOCOL: readonly Scenario<ModelOptions>[] = [
  of('2 participants, 2PC, two drivers with old images, no message ever forgotten', {
    ...PLAIN,
    ...MANY,
    forgets: false,
  }),
  of('2 participants, 2PC, two drivers with old images', { ...PLAIN, ...MANY }),
  of('2 participants, fallback to a saga, two drivers', { ...FALLBACK, ...MANY, zombies: false }),
  of('2 participants, fallback to a saga, two drivers with old images', {
    ...FALLBACK,
    drivers: 2,
    zombies: true,
    machines: [participant('tcc', ['fault']), participant('xa', ['refuse'], [])].map((one) => ({
      ...one,
      expires: false,
    })),
  }),
  of('2 participants, inquiry before BEGIN, prepares of an unknown transaction', {
    ...PLAIN,
    drivers: 2,
    unknown: true,
    ghosts: true,
    forgets: false,
  }),
  of('2 participants, one loses what it prepared', {
    ...PLAIN,
    machines: PLAIN.machines.map((one) => ({ ...one, loses: true })),
  }),
  of('3 participants, saga with pivot and retriable step, steps that must be retried', {
    ...PLAIN,
    plan: { mode: 'saga', fallback: 'none', kinds: ['compensatable', 'pivot', 'retriable'] },
    machines: [0, 1, 2].map(() => participant('tcc', [], ['refuse', 'fault'])),
    drivers: 2,
    flush: true,
    operator: true,
    zombies: true,
  }),
  of('3 participants, 2PC, two drivers', {
    ...PLAIN,
    plan: { ...PLAIN.plan, kinds: kinds(3) },
    machines: THREE,
    drivers: 2,
  }),
  of('3 participants, fallback to a saga, one driver', {
    ...FALLBACK,
    plan: { ...FALLBACK.plan, kinds: kinds(3) },
    machines: [
      participant('tcc', ['fault']),
      participant('xa', ['refuse'], []),
      participant('tcc', [], ['refuse']),
    ].map((one) => ({ ...one, expires: false })),
  }),
  of(
    '2 participants, fallback to a saga, two drivers with old images, every answer',
    { ...FALLBACK, ...MANY },
    true,
  ),
  of(
    '3 participants, 2PC, two drivers with old images',
    { ...PLAIN, ...MANY, plan: { ...PLAIN.plan, kinds: kinds(3) }, machines: THREE },
    true,
  ),
  of(
    '3 participants, fallback to a saga, two drivers, every answer',
    { ...FALLBACK, plan: { ...FALLBACK.plan, kinds: kinds(3) }, machines: THREE, drivers: 2 },
    true,
  ),
];

/** Copies, a dying process and an outside finisher at one xa branch. */
export const XA: CrowdOptions = {
  style: 'xa',
  processes: 1,
  finishers: 1,
  fallback: true,
  deliveries: 3,
  answers: { worked: ['readOnly'], acted: ['refuse'] },
  expires: true,
  crashes: true,
  defect: null,
};

export const CROWDS: readonly Scenario<CrowdOptions>[] = [
  of('xa branch: one process and an outside finisher', XA),
  of('xa branch: two processes', { ...XA, processes: 2, finishers: 0 }),
  of('tcc branch: two processes', { ...XA, style: 'tcc', processes: 2, finishers: 0 }),
  of('xa branch: two processes and an outside finisher', { ...XA, processes: 2, deliveries: 4 }, true),
  of('tcc branch: three processes', { ...XA, style: 'tcc', processes: 3, finishers: 0, deliveries: 4 }, true),
];
