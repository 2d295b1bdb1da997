import { describe, expect, it } from '@jest/globals';
import { BROKEN } from './broken.js';
import { Explorer } from './explore.js';
import type { System } from './explore.js';
import { Model } from './model.js';
import { Threads } from './threads.js';

/** Two counters up to two, `limit` breaks the invariant. */
function counters(limit: string | null): System {
  return {
    initial: '00',
    successors: (state, emit) => {
      for (const at of [0, 1]) {
        const digits = [...state].map(Number);
        digits[at] = Math.min(2, digits[at]! + 1);
        emit(digits.join(''), at, null);
      }
    },
    fault: (state) => (state === limit ? 'met the limit' : null),
    label: (_, step) => `counter ${step}`,
    describe: (state) => state,
  };
}

describe('the search', () => {
  it('counts every state, every step to another one, and the depth', async () => {
    const found = await new Explorer(counters(null), { maxStates: 100 }).run();

    expect(found).toEqual({ states: 9, transitions: 12, depth: 4, counterexample: null });
  });

  it('finds a broken invariant by a shortest trace', async () => {
    const found = await new Explorer(counters('12'), { maxStates: 100 }).run();

    expect(found.counterexample?.fault).toBe('met the limit');
    expect([...found.counterexample!.trace].sort()).toEqual(['counter 0', 'counter 1', 'counter 1']);
  });

  it('refuses to call a search complete that met its bound', async () => {
    await expect(new Explorer(counters(null), { maxStates: 5 }).run()).rejects.toThrow('more than 5 states');
  });

  it.each(['votes-counted', 'send-before-persisting', 'decision-not-repeated'])(
    'finds no fault in the protocol, and one in it without a rule: %s',
    async (name) => {
      const { model: options } = BROKEN.find((one) => one.name === name)!;
      const threads = new Threads();
      const run = async (broken: boolean) => {
        const defect = broken ? options!.defect : { driver: null, participant: null };
        const model = await Model.build(threads, { ...options!, defect });
        return new Explorer(model, { maxStates: 100_000 }).run();
      };

      expect((await run(false)).counterexample).toBeNull();
      expect((await run(true)).counterexample).not.toBeNull();
    },
  );
});
