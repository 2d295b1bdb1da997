/**
 * How many states each scenario has. The numbers say that the search still looks at what it looked at: a rule that silently
 * forbids more, or a fault that silently no longer happens, would pass every invariant.
 *
 * A count changed? Find out why: `git log -p libs/protocol libs/participant tools/proof/search`. A rule that was changed on
 * purpose (protocol.md and the model in specs/ say so, too) changes counts: print them with
 * `node dist/tools/proof/search/main.js` (PROOF_SIZE=release for the long ones) and put them here in the same commit.
 */
export interface Pin {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
}

export const PINS: Readonly<Record<string, Pin>> = {
  '2 participants, 2PC, two drivers with old images, no message ever forgotten': {
    states: 78043,
    transitions: 507794,
    depth: 16,
  },
  '2 participants, 2PC, two drivers with old images': { states: 33570, transitions: 302168, depth: 16 },
  '2 participants, fallback to a saga, two drivers': { states: 125329, transitions: 669021, depth: 20 },
  '2 participants, fallback to a saga, two drivers with old images': {
    states: 364022,
    transitions: 3105893,
    depth: 25,
  },
  '2 participants, inquiry before BEGIN, prepares of an unknown transaction': {
    states: 21658,
    transitions: 97329,
    depth: 14,
  },
  '2 participants, one loses what it prepared': { states: 3513, transitions: 14752, depth: 12 },
  '3 participants, saga with pivot and retriable step, steps that must be retried': {
    states: 84501,
    transitions: 646760,
    depth: 38,
  },
  '3 participants, 2PC, two drivers': { states: 60717, transitions: 416737, depth: 15 },
  '3 participants, fallback to a saga, one driver': { states: 71497, transitions: 243446, depth: 24 },
  'xa branch: one process and an outside finisher': { states: 44959, transitions: 146552, depth: 54 },
  'xa branch: two processes': { states: 133010, transitions: 457006, depth: 57 },
  'tcc branch: two processes': { states: 28540, transitions: 96714, depth: 31 },
};
