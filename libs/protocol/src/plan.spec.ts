import { describe, expect, it } from '@jest/globals';
import { planFaults } from './plan.js';
import type { PlanBranchInput, PlanInput } from './plan.js';

function plan(
  mode: PlanInput['mode'],
  branches: readonly Partial<PlanBranchInput>[],
  fallback: PlanInput['fallback'] = 'none',
): PlanInput {
  return {
    mode,
    fallback,
    branches: branches.map((one, index) => ({
      id: `b${index}`,
      participant: 'p',
      operation: 'o',
      kind: 'compensatable',
      ...one,
    })),
  };
}
const codes = (input: PlanInput) => planFaults(input).map((fault) => fault.code);

describe('a plan that cannot be carried out is refused with all its faults', () => {
  it.each([
    ['two branches of one name', plan('2pc', [{ id: 'x' }, { id: 'x' }]), ['DUPLICATE_BRANCH']],
    ['a step after one that does not exist', plan('saga', [{ after: ['nobody'] }]), ['UNKNOWN_AFTER']],
    [
      'steps that wait for each other',
      plan('saga', [
        { id: 'x', after: ['y'] },
        { id: 'y', after: ['x'] },
      ]),
      ['CYCLE', 'CYCLE'],
    ],
    ['a step after itself', plan('saga', [{ id: 'x', after: ['x'] }]), ['CYCLE']],
    ['a pivot without a saga', plan('2pc', [{ kind: 'pivot' }]), ['SAGA_ONLY']],
    ['an order without a saga', plan('2pc', [{ after: [] }]), ['SAGA_ONLY']],
    ['two pivots', plan('saga', [{ kind: 'pivot' }, { kind: 'pivot' }]), ['STEP_ORDER']],
    [
      'a compensatable step after the pivot',
      plan('saga', [{ kind: 'pivot' }, {}]),
      ['STEP_ORDER', 'STEP_ORDER'],
    ],
    [
      'a retriable step before the pivot',
      plan('saga', [{ kind: 'retriable' }, { kind: 'pivot' }]),
      ['STEP_ORDER'],
    ],
    ['a fallback of a saga', plan('saga', [{}], 'saga'), ['FALLBACK_OF_SAGA']],
  ])('%s', (_, input, expected) => {
    expect(codes(input)).toEqual(expected);
  });

  it.each([
    ['2pc', plan('2pc', [{}, {}])],
    ['compensatable* pivot retriable*', plan('saga', [{}, {}, { kind: 'pivot' }, { kind: 'retriable' }])],
    ['a 2pc with fallback may name a pivot', plan('2pc', [{}, { kind: 'pivot' }], 'saga')],
    [
      'a diamond',
      plan('saga', [
        { id: 'a', after: [] },
        { id: 'b', after: ['a'] },
        { id: 'c', after: ['a'] },
        { id: 'd', after: ['b', 'c'] },
      ]),
    ],
  ])('accepts %s', (_, input) => {
    expect(planFaults(input)).toEqual([]);
  });
});
