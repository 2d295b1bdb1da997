/**
 * One run for each rule: switched off, it must break the named guarantee (specs/README.md says which rule of the protocol each is).
 * The rest of the configuration is chosen small, but so that the rule matters.
 */
import type { Run } from './run.js';

const off = (property: string, constant: string, rest: Partial<Run> = {}): Run => ({
  module: 'ConcordatProperties',
  config: 'Concordat.cfg',
  name: `without ${constant}`,
  ...rest,
  constants: { ...rest.constants, [constant]: 'FALSE' },
  expect: { kind: 'violates', property },
});

const inXa = (property: string, constant: string, rest: Partial<Run> = {}): Run => ({
  ...off(property, constant, { module: 'XaBranch', config: 'XaBranch.cfg', ...rest }),
  name: rest.name ?? `xa branch without ${constant}`,
});

const restored = {
  constants: { Restores: 'TRUE', Fallback: 'FALSE', ReadOnly: 'FALSE' },
  invariants: ['G1_AtomicOutcome'],
};

const twoPhase = { constants: { Fallback: 'FALSE' } };
const noReadOnly = { constants: { ReadOnly: 'FALSE' } };

export const REMOVALS: readonly Run[] = [
  off('G1_AtomicOutcome', 'AbortBeforeFallback', { ...noReadOnly, invariants: ['G1_AtomicOutcome'] }),
  off('G5_ExactlyOnce', 'CancelPrepared', { ...noReadOnly, invariants: ['G5_ExactlyOnce'] }),
  off('G7_StaleHarmless', 'RaiseFence', { ...noReadOnly, invariants: ['G7_StaleHarmless'] }),
  off('G6_SagaOrder', 'OutcomeByAttempt', noReadOnly),
  off('G6_SagaOrder', 'PlantActionKey', { ...noReadOnly, invariants: ['G6_SagaOrder'] }),
  off('G6_SagaOrder', 'SettlePivot', { constants: { Pivot: '2', ReadOnly: 'FALSE' } }),
  off('G1_AtomicOutcome', 'AbsenceIsNoAnswer', twoPhase),
  off('G7_StaleHarmless', 'OutsideTombstone', twoPhase),
  off('G1_AtomicOutcome', 'HoldAfterRestore', restored),
  off('G1_AtomicOutcome', 'DrainBeforeRestore', restored),
  off('G1_AtomicOutcome', 'OldVotesDoNotCount', restored),
  off('G2_DecisionStable', 'WriteOnce', twoPhase),
  off('G1_AtomicOutcome', 'EveryVote', twoPhase),
  off('G2_DecisionStable', 'PersistThenSend', twoPhase),
  off('G7_StaleHarmless', 'LeaveTombstone', twoPhase),
  off('temporal property', 'OutsideFinisher', {
    config: 'ConcordatLiveness.cfg',
    constants: { Fallback: 'FALSE', Dies: 'TRUE', Drivers: '{d1}', ReadOnly: 'FALSE' },
  }),
  inXa('G2_TruthfulAcks', 'CommitPreparedFirst'),
  inXa('G2_TruthfulAcks', 'AbsentIsLost', { constants: { LosesGids: 'TRUE' } }),
  inXa('G2_TruthfulAcks', 'PlantLost', { constants: { LosesGids: 'TRUE' } }),
  inXa('G7_StaleHarmless', 'PlainInsert'),
  inXa('G7_StaleHarmless', 'RetestFence'),
  inXa('G1_FollowsDecision', 'CheckTag'),
  inXa('G7_StaleHarmless', 'RollbackFirst', { constants: { RepeatOnLock: 'FALSE' } }),
  inXa('temporal property', 'RollbackFirst', {
    name: 'xa branch without RollbackFirst, repeating the tombstone',
    config: 'XaBranchLiveness.cfg',
    constants: { Processes: '{p1}' },
  }),
  inXa('G7_StaleHarmless', 'RepeatOnLock'),
  inXa('G7_StaleHarmless', 'AckAfterTombstone'),
  inXa('G7_StaleHarmless', 'OutsideTombstone'),
  inXa('G7_StaleHarmless', 'RaiseFence'),
  inXa('G7_StaleHarmless', 'KeepTombstone'),
  inXa('G1_FollowsDecision', 'AbsenceIsNoAnswer', { constants: { Ghosts: 'TRUE' } }),
];
