/** A scenario that hangs must say where; one that ends, or fails by itself, is left alone. */
import { describe, expect, it } from '@jest/globals';

import { beforeDeadline, Overdue } from './support/deadline.js';
import { Phases } from './support/phases.js';

const forEver = (): Promise<never> => new Promise(() => undefined);
const LONG_MS = 60_000;
const SHORT_MS = 10;

describe('a deadline', () => {
  it('tells in which part the work hangs', async () => {
    const phases = new Phases();
    const work = async (): Promise<void> => {
      await phases.timed('struck', async () => undefined);
      await phases.timed('healed', forEver);
    };

    const late = beforeDeadline(SHORT_MS, async () => phases.current, work);

    await expect(late).rejects.toBeInstanceOf(Overdue);
    await expect(late).rejects.toThrow('in the phase "healed" (struck 0.0 s)');
    expect([phases.over('struck'), phases.over('healed')]).toEqual([true, false]);
  });

  it('leaves what ends in time, well or not', async () => {
    const where = async (): Promise<string> => 'nowhere';
    expect(await beforeDeadline(LONG_MS, where, async () => 'done')).toBe('done');
    const failing = beforeDeadline(LONG_MS, where, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
  });

  it('also when nobody knows where it hangs', async () => {
    const where = (): Promise<string> => Promise.reject(new Error('no database'));
    await expect(beforeDeadline(SHORT_MS, where, forEver)).rejects.toThrow('no database');
  });
});
