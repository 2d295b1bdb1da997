import { expect, it } from '@jest/globals';
import { LAZY_MS } from '#persistence';
import { SteppedClock } from '../housekeeping/stepped-clock.fixture.js';
import { RecentEnds } from './recent-ends.js';

const world = () => {
  const clock = new SteppedClock();
  const ledger = { sessionsLost: 0 };
  const ends = new RecentEnds(clock, ledger);
  const pass = async (ms: number): Promise<void> => {
    clock.after(ms, () => undefined);
    await clock.step();
  };
  return { ledger, ends, pass };
};

it('doubts nothing while no session was lost', () => {
  const { ends } = world();
  ends.add('a');
  expect(ends.doubtful()).toEqual([]);
});

it('doubts, once, every end that may not have reached the disk when a session was lost', async () => {
  const { ends, ledger, pass } = world();
  ends.add('a');
  await pass(LAZY_MS);
  expect(ends.doubtful()).toEqual([]);
  ends.add('b');
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual(['a', 'b']);
  expect(ends.doubtful()).toEqual([]);
});

it('forgets what is on the disk by now', async () => {
  const { ends, ledger, pass } = world();
  ends.add('a');
  await pass(4 * LAZY_MS);
  expect(ends.doubtful()).toEqual([]);
  ends.add('b');
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual(['b']);
});
