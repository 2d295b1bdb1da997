/** Each rule switched off alone, in the smallest scenario that can show why it is there. */
import { DRIVER_DEFECTS, PARTICIPANT_DEFECTS } from './defects.js';
import type { Defect, DriverDefect } from './defects.js';
import type { CrowdOptions } from './interleavings.js';
import type { ModelOptions } from './model-types.js';
import { FALLBACK, participant, PLAIN, XA } from './scenarios.js';

export interface Broken {
  readonly name: string;
  readonly why: string;
  readonly model: ModelOptions | null;
  readonly crowd: CrowdOptions | null;
}

const tcc = [participant('tcc', ['fault']), participant('tcc', ['fault'])];
const SMALL: ModelOptions = { ...PLAIN, machines: tcc, forgets: false };
const SMALL_FALLBACK: ModelOptions = { ...FALLBACK, machines: tcc };
const RACE: ModelOptions = { ...SMALL, drivers: 2, zombies: true };

const DRIVERS: Readonly<Record<DriverDefect, ModelOptions>> = {
  'votes-counted': SMALL,
  'no-version-precondition': RACE,
  'send-before-persisting': RACE,
  'absence-answers-abort': SMALL,
  'ends-before-all-acks': SMALL,
  'fallback-after-business-no': {
    ...FALLBACK,
    machines: [participant('tcc', ['refuse']), participant('tcc', [])],
  },
  'compensations-unordered': SMALL_FALLBACK,
  'decision-not-repeated': SMALL,
};

const losing = SMALL.machines.map((one) => ({ ...one, loses: true }));

/** Over the whole protocol where the harm shows between participants, over one branch where it shows between statements. */
const PARTICIPANTS: Readonly<Record<Defect, Partial<Pick<Broken, 'model' | 'crowd'>>>> = {
  'no-abort-tombstone': { model: SMALL },
  'unknown-branch-committed': { model: { ...SMALL, machines: losing } },
  'action-raises-no-fence': { model: SMALL_FALLBACK },
  'action-cancels-nothing': { model: SMALL_FALLBACK },
  'no-planted-action-key': { model: SMALL_FALLBACK },
  'duplicate-row-ignored': { crowd: XA },
  'fence-tested-once': { crowd: { ...XA, processes: 2, finishers: 0 } },
  'prepare-tag-unread': { crowd: XA },
};

export const BROKEN: readonly Broken[] = [
  ...(Object.entries(DRIVERS) as [DriverDefect, ModelOptions][]).map(([name, model]) => ({
    name,
    why: DRIVER_DEFECTS[name],
    model: { ...model, defect: { driver: name, participant: null } },
    crowd: null,
  })),
  ...(Object.entries(PARTICIPANTS) as [Defect, (typeof PARTICIPANTS)[Defect]][]).map(([name, where]) => ({
    name,
    why: PARTICIPANT_DEFECTS[name].why,
    model: where.model ? { ...where.model, defect: { driver: null, participant: name } } : null,
    crowd: where.crowd ? { ...where.crowd, defect: name } : null,
  })),
];
