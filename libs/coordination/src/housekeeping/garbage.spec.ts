import { describe, expect, it } from '@jest/globals';
import type { OutgoingRecord } from '#messaging';
import { silentLog } from '#observability';
import type { CollectedTransaction } from '#persistence';
import { topicNames } from '#wire';
import { GarbageCollector } from './garbage.js';
import { SteppedClock } from './stepped-clock.fixture.js';

const topics = topicNames('t');
const collected = (gtx: string, participant = 'stock'): CollectedTransaction => ({
  gtx,
  attempts: [1, 2],
  branches: [{ branch: 'a', participant }],
});

/** A ledger that gives its garbage out batch by batch, and a bus that knows no topic of the participant `gone`. */
function collector(batches: readonly (readonly CollectedTransaction[])[], maxBatches = 10) {
  const left = [...batches];
  const sent: OutgoingRecord[] = [];
  const garbage = new GarbageCollector(
    {
      ledger: {
        collectGarbage: () => Promise.resolve(left.shift() ?? []),
        state: () => Promise.resolve({ epoch: 4, hold: false, wallMs: 0 }),
      },
      bus: {
        publish: (records) => {
          if (records.some(({ topic }) => topic === topics.command('gone')))
            return Promise.reject(new Error('no such topic'));
          sent.push(...records);
          return Promise.resolve();
        },
      },
      ...{ topics, clock: new SteppedClock(), log: silentLog },
      random: { next: () => 0.5, uuidv7: () => '' },
    },
    { retentionMs: 1, everyMs: 1_000, batch: 2, maxBatches },
  );
  return { garbage, sent, left };
}

describe('garbage collection', () => {
  it('goes on batch by batch until little is left', async () => {
    const { garbage, left } = collector([
      [collected('1'), collected('2')],
      [collected('3')],
      [collected('4')],
    ]);
    expect(await garbage.collect()).toBe(3);
    expect(left).toHaveLength(1);
  });

  it('is bounded: what is left waits for the next time', async () => {
    const full = [collected('1'), collected('2')];
    const { garbage, left } = collector([full, full, full], 2);
    expect(await garbage.collect()).toBe(4);
    expect(left).toHaveLength(1);
  });

  it('ends the outcomes and lets participants forget, each attempt', async () => {
    const { garbage, sent } = collector([[collected('g')]]);
    await garbage.collect();
    const outcomes = sent.filter(({ topic }) => topic === topics.outcomes);
    expect(outcomes.map(({ key, value }) => [key, value])).toEqual([
      ['g:1', null],
      ['g:2', null],
    ]);
    const forgets = sent.filter(({ topic }) => topic === topics.command('stock'));
    expect(forgets.map(({ headers }) => [headers['type'], headers['attempt']])).toEqual([
      ['FORGET', '1'],
      ['FORGET', '2'],
    ]);
  });

  it('tells the others although one participant has no topic any more', async () => {
    const { garbage, sent } = collector([[collected('1', 'gone'), collected('2')]]);
    expect(await garbage.collect()).toBe(2);
    expect(new Set(sent.map(({ topic }) => topic))).toEqual(
      new Set([topics.outcomes, topics.command('stock')]),
    );
  });
});
