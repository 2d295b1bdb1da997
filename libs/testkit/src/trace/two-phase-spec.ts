/**
 * A port of the public TLA+ specification "TwoPhase" (Lamport, after Gray & Lamport, "Consensus on Transaction Commit"), which
 * implements "TCommit". Variables, actions and enabling conditions are those of the specification; nothing of our product is in
 * here. The counts of its states for 3 and 6 resource managers pin it to the original (two-phase-spec.spec.ts).
 */

export const Rm = { Working: 0, Prepared: 1, Committed: 2, Aborted: 3 } as const;
export type Rm = (typeof Rm)[keyof typeof Rm];

export const Tm = { Init: 0, Committed: 1, Aborted: 2 } as const;
export type Tm = (typeof Tm)[keyof typeof Tm];

/** The four variables. Resource managers are 0 … n−1, n <= 12. */
export interface TwoPhaseState {
  /** Two bits a resource manager. */
  readonly rmState: number;
  readonly tmState: Tm;
  /** A bit a resource manager: whose Prepared the transaction manager has received. */
  readonly tmPrepared: number;
  /** Messages ever sent: bits 0 … n−1 Prepared of that resource manager, then Commit, then Abort. */
  readonly msgs: number;
}

export type TwoPhaseAction =
  | 'RMPrepare'
  | 'RMChooseToAbort'
  | 'RMRcvCommitMsg'
  | 'RMRcvAbortMsg'
  | 'TMRcvPrepared'
  | 'TMCommit'
  | 'TMAbort';

/** One step of the specification; `rm` is its parameter, null where it has none. */
export interface TwoPhaseStep {
  readonly action: TwoPhaseAction;
  readonly rm: number | null;
  readonly to: TwoPhaseState;
}

export const INITIAL: TwoPhaseState = { rmState: 0, tmState: Tm.Init, tmPrepared: 0, msgs: 0 };

export function rmOf(state: TwoPhaseState, rm: number): Rm {
  return ((state.rmState >> (2 * rm)) & 3) as Rm;
}

/** TPNext: every step that is enabled. */
export function nextSteps(state: TwoPhaseState, count: number): readonly TwoPhaseStep[] {
  const steps = tmSteps(state, count);
  for (let rm = 0; rm < count; rm += 1) rmSteps(state, count, rm, steps);
  return steps;
}

function tmSteps(state: TwoPhaseState, count: number): TwoPhaseStep[] {
  if (state.tmState !== Tm.Init) return [];
  const abort = { ...state, tmState: Tm.Aborted, msgs: state.msgs | abortBit(count) };
  const steps: TwoPhaseStep[] = [{ action: 'TMAbort', rm: null, to: abort }];
  if (state.tmPrepared !== (1 << count) - 1) return steps;
  const commit = { ...state, tmState: Tm.Committed, msgs: state.msgs | commitBit(count) };
  return [...steps, { action: 'TMCommit', rm: null, to: commit }];
}

function rmSteps(state: TwoPhaseState, count: number, rm: number, steps: TwoPhaseStep[]): void {
  const bit = 1 << rm;
  if (state.tmState === Tm.Init && (state.msgs & bit) !== 0) {
    steps.push({ action: 'TMRcvPrepared', rm, to: { ...state, tmPrepared: state.tmPrepared | bit } });
  }
  if (rmOf(state, rm) === Rm.Working) {
    const prepared = withRm(state, rm, Rm.Prepared);
    steps.push({ action: 'RMPrepare', rm, to: { ...prepared, msgs: state.msgs | bit } });
    steps.push({ action: 'RMChooseToAbort', rm, to: withRm(state, rm, Rm.Aborted) });
  }
  if ((state.msgs & commitBit(count)) !== 0) {
    steps.push({ action: 'RMRcvCommitMsg', rm, to: withRm(state, rm, Rm.Committed) });
  }
  if ((state.msgs & abortBit(count)) !== 0) {
    steps.push({ action: 'RMRcvAbortMsg', rm, to: withRm(state, rm, Rm.Aborted) });
  }
}

const commitBit = (count: number): number => 1 << count;
const abortBit = (count: number): number => 1 << (count + 1);

function withRm(state: TwoPhaseState, rm: number, now: Rm): TwoPhaseState {
  return { ...state, rmState: (state.rmState & ~(3 << (2 * rm))) | (now << (2 * rm)) };
}

/** TCConsistent: no two resource managers have come to different ends. */
export function consistent(state: TwoPhaseState, count: number): boolean {
  const ends = new Set(Array.from({ length: count }, (_, rm) => rmOf(state, rm)));
  return !(ends.has(Rm.Committed) && ends.has(Rm.Aborted));
}

/** Of one count of resource managers. 24 + 2 + 12 + 14 bits at most: a whole number that a double holds. */
export function stateKey(state: TwoPhaseState): number {
  return ((state.rmState * 4 + state.tmState) * 4_096 + state.tmPrepared) * 16_384 + state.msgs;
}

/** What TLC prints: states generated (initial one and repetitions included), distinct ones, levels of the breadth-first search. */
export interface Explored {
  readonly generated: number;
  readonly distinct: number;
  readonly depth: number;
  /** Distinct states that break TCConsistent. */
  readonly inconsistent: number;
}

export function explore(count: number): Explored {
  const seen = new Set([stateKey(INITIAL)]);
  let level: readonly TwoPhaseState[] = [INITIAL];
  let generated = 1;
  let depth = 0;
  let inconsistent = 0;
  for (; level.length > 0; depth += 1) {
    const found: TwoPhaseState[] = [];
    for (const state of level) {
      if (!consistent(state, count)) inconsistent += 1;
      for (const { to } of nextSteps(state, count)) {
        generated += 1;
        if (seen.has(stateKey(to))) continue;
        seen.add(stateKey(to));
        found.push(to);
      }
    }
    level = found;
  }
  return { generated, distinct: seen.size, depth, inconsistent };
}
