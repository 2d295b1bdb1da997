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
  const add = (gtx: string): void => ends.add(gtx, ledger.sessionsLost);
  return { ledger, ends, add, pass };
};

it('doubts nothing while no session was lost', () => {
  const { ends, add } = world();
  add('a');
  expect(ends.doubtful()).toEqual([]);
});

it('doubts, once, every end that may not have reached the disk when a session was lost', async () => {
  const { ends, add, ledger, pass } = world();
  add('a');
  await pass(LAZY_MS);
  expect(ends.doubtful()).toEqual([]);
  add('b');
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual(['a', 'b']);
  expect(ends.doubtful()).toEqual([]);
});

it('forgets what is on the disk by now', async () => {
  const { ends, add, ledger, pass } = world();
  add('a');
  await pass(4 * LAZY_MS);
  expect(ends.doubtful()).toEqual([]);
  add('b');
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual(['b']);
});

it('doubts an end anew when a second crash follows before it is on the disk', () => {
  const { ends, add, ledger } = world();
  ledger.sessionsLost += 1;
  add('a');
  expect(ends.doubtful()).toEqual([]);
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual(['a']);
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual(['a']);
});

it('doubts an end whose answer came after the loss of a session had been seen', () => {
  const { ends, ledger } = world();
  const { sessionsLost } = ledger;
  ledger.sessionsLost += 1;
  expect(ends.doubtful()).toEqual([]);
  ends.add('a', sessionsLost);
  expect(ends.doubtful()).toEqual(['a']);
});
