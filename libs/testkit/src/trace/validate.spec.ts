import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { CORRUPTIONS, corrupted } from './corruptions.js';
import type { TransactionHistory } from './history.js';
import { validateHistory } from './validate.js';
import { latestOf, walk } from './walk.js';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

/** The first history from this seed on that the corruption can bite on, with it. */
function corruptedFrom(seed: number, name: string): { seed: number; history: TransactionHistory } {
  for (let at = seed; ; at += 1) {
    const history = corrupted(walk(at), CORRUPTIONS[name]!);
    if (history) return { seed: at, history };
  }
}

describe('a history of the real transition functions', () => {
  it('is accepted, whether it is the whole log or only the latest rows, at its end and on its way', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const history = walk(seed);
        expect(validateHistory(history)).toMatchObject({ kind: 'accepted' });
        expect(validateHistory(latestOf(history))).toMatchObject({ kind: 'accepted' });
      }),
      { numRuns: 400 },
    );
  });

  it('reaches every end that there is', () => {
    const ends = Array.from({ length: 500 }, (_, seed) => endOf(walk(seed)));
    expect([...new Set(ends)]).toEqual(
      expect.arrayContaining([
        '1 COMMITTED',
        '1 ABORTED',
        '1 SAGA_COMPLETED',
        '1 SAGA_COMPENSATED',
        '2 SAGA_COMPLETED',
        '2 SAGA_COMPENSATED',
      ]),
    );
  });
});

describe('one event that is false makes a history rejected', () => {
  it.each(Object.keys(CORRUPTIONS))('%s', (name) => {
    fc.assert(
      fc.property(seeds, (from) => {
        const { seed, history } = corruptedFrom(from, name);
        expect([seed, validateHistory(history).kind]).toEqual([seed, 'rejected']);
      }),
      { numRuns: 25 },
    );
  });
});

function endOf(history: TransactionHistory): string {
  const last = history.lanes.flat().at(-1)!;
  if (last.from === 'branch' || last.fact.kind !== 'ENDED') return 'under way';
  return `${last.fact.attempt} ${(last.fact.detail as { state: string }).state}`;
}
