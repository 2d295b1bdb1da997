import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { CORRUPTIONS, corrupted } from './corruptions.js';
import { kindOf, KnownVerdicts } from './known-verdicts.js';
import { validateHistory } from './validate.js';
import { latestOf, walk } from './walk.js';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe('histories of one kind are judged once', () => {
  it('as each of them would be', () => {
    const verdicts = new KnownVerdicts();
    fc.assert(
      fc.property(seeds, fc.constantFrom(...Object.values(CORRUPTIONS)), (seed, corruption) => {
        const whole = walk(seed);
        for (const history of [whole, latestOf(whole), corrupted(whole, corruption) ?? whole])
          expect(verdicts.of(history)).toEqual(validateHistory(history));
      }),
      { numRuns: 500 },
    );
  });

  it('and a false event makes another kind', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...Object.values(CORRUPTIONS)), (seed, corruption) => {
        const whole = walk(seed);
        const changed = corrupted(whole, corruption);
        if (changed) expect(kindOf(changed)).not.toBe(kindOf(whole));
      }),
      { numRuns: 500 },
    );
  });

  it('whatever its id is', () => {
    const history = walk(7);
    expect(kindOf({ ...history, gtx: 'another' })).toBe(kindOf(history));
  });
});
