import { describe, expect, it } from '@jest/globals';
import { silentLog } from '#observability';
import { Opening } from './opening.js';
import { SteppedClock, settled } from './stepped-clock.fixture.js';

/** A part that is away for some tries. */
function part(name: string, awayFor: number, done: string[]) {
  let tries = 0;
  return {
    name,
    run: () => {
      tries += 1;
      if (tries <= awayFor) return Promise.reject(new Error('is away'));
      done.push(name);
      return Promise.resolve();
    },
  };
}

function opening(awayFor: readonly [number, number]) {
  const clock = new SteppedClock();
  const done: string[] = [];
  const steps = [part('database', awayFor[0], done), part('topics', awayFor[1], done)];
  const random = { next: () => 0.5, uuidv7: () => '' };
  return { clock, done, opening: new Opening(steps, { clock, random, log: silentLog }) };
}

describe('a process that opens', () => {
  it('is open at once when everything is there, step by step', async () => {
    const { opening: door, done } = opening([0, 0]);
    door.start();
    await settled();
    expect([door.open, door.hindrance, done]).toEqual([true, null, ['database', 'topics']]);
  });

  it('waits for what is away, says what it is, and goes on by itself', async () => {
    const { opening: door, clock, done } = opening([2, 1]);
    door.start();
    await settled();
    expect([door.open, door.hindrance]).toEqual([false, 'database: is away']);

    const pauses = [await clock.step(), await clock.step()];
    expect(pauses[1]).toBeGreaterThan(pauses[0]!);
    expect([door.hindrance, done]).toEqual(['topics: is away', ['database']]);
    await clock.step();
    expect([door.open, done]).toEqual([true, ['database', 'topics']]);
  });

  it('never runs a step again that succeeded, also when started twice', async () => {
    const { opening: door, clock, done } = opening([0, 1]);
    door.start();
    door.start();
    await settled();
    await clock.step();
    expect(done).toEqual(['database', 'topics']);
  });

  it('tries no more once it is stopped', async () => {
    const { opening: door, clock } = opening([9, 0]);
    door.start();
    await settled();
    await door.stop();
    expect(clock.waiting).toBe(0);
  });
});
