import { describe, expect, it } from '@jest/globals';
import { TransactionState, begin } from '#protocol';
import type { StoredTransaction } from '#persistence';
import { SteppedClock } from '../housekeeping/stepped-clock.fixture.js';
import { dueEvents } from './due.js';
import { DriveTable } from './table.js';
import { Wheel } from './wheel.js';

const GTX = '01920000-0000-7000-8000-000000000001';
const RANDOM = { next: () => 0.5, uuidv7: () => GTX };

const stored = (driver: string): StoredTransaction => ({
  tx: {
    ...begin({
      ...{ gtx: GTX, mode: '2pc', fallback: 'none', timeoutMs: 600_000, ledgerEpoch: 0 },
      branches: [
        { id: 'a', participant: 'p', operation: 'o', payload: {}, kind: 'compensatable', after: undefined },
      ],
    }),
    state: TransactionState.Preparing,
  },
  ...{ driver, deadlineLeftMs: 600_000, deadline: '', tries: 0, businessKey: null, description: null },
  ...{ bodyHash: null, tombstone: false, initiator: null, traceparent: null, createdAt: '', updatedAt: '' },
  ...{ ageMs: 0, endedAt: null },
});

/** A table whose timers run, and the moments at which it asked. */
function running(driver: string) {
  const clock = new SteppedClock();
  const asked: number[] = [];
  const events: string[] = [];
  const wheel = new Wheel(clock, (keys) => {
    const due = dueEvents(keys, table, clock, RANDOM);
    events.push(...due.map(({ event }) => event.type).filter((type) => type !== 'flush'));
    if (due.some(({ event }) => event.type === 'resend')) asked.push(clock.nowMs());
  });
  const table = new DriveTable(clock, wheel, 'me');
  wheel.start();
  const entry = table.put(stored(driver));
  const until = async (ms: number): Promise<void> => {
    while (clock.nowMs() < ms) await clock.step();
  };
  return { table, entry, clock, asked, events, until };
}

describe('the drive table', () => {
  it('asks ever more rarely, and at once when answers went elsewhere', async () => {
    const { table, clock, asked, until } = running('me');
    await until(20_000);
    expect(asked).toEqual([500, 1_500, 3_500, 7_500, 15_500]);

    table.askAgain();
    await until(22_000);
    expect(asked.slice(5)).toEqual([20_050, 21_050]);
    expect(clock.nowMs()).toBe(22_000);
  });

  it('asks one that met a lock again within 2 s, however far the pace has slowed down', async () => {
    const { table, entry, asked, until } = running('me');
    await until(8_000);
    table.metLock(entry);
    await until(10_100);
    expect(asked).toEqual([500, 1_500, 3_500, 7_500, 10_000]);
  });

  it('does not ask again while the participant answers what was asked at the same time', async () => {
    const { table, entry, asked, until } = running('me');
    for (let ms = 400; ms <= 4_000; ms += 400) {
      await until(ms);
      table.answered({ ...entry }, 'p', false);
    }
    expect(asked).toEqual([]);

    await until(6_000);
    expect(asked[0]).toBeGreaterThanOrEqual(4_500);
    expect(asked[0]).toBeLessThanOrEqual(5_000);
  });

  it('asks again when something that was asked later is answered, or it is told to', async () => {
    const { table, entry, asked, until } = running('me');
    await until(400);
    table.answered({ ...entry, askedAtMs: entry.askedAtMs + 500 }, 'p', false);
    await until(600);
    expect(asked).toEqual([500]);

    table.answered(entry, 'p', true);
    await until(1_600);
    expect(asked).toEqual([500, 1_500]);
  });

  it('does not ask for what another instance drives', async () => {
    const { table, asked, until } = running('other');
    table.askAgain();
    await until(5_000);
    expect(asked).toEqual([]);
  });

  it('is read again now and then while nothing comes of asking: another instance may have ended it', async () => {
    const { events, until } = running('me');
    await until(16_000);
    expect(events).toEqual(['resend', 'resend', 'resend', 'reread', 'resend', 'resend']);
  });

  it('knows whether an image that was read is the one it drives from', () => {
    const { table } = running('me');
    const image = stored('me');
    const later = { ...image, tx: { ...image.tx, version: image.tx.version + 1 } };
    expect(table.isCurrent(image)).toBe(true);
    expect(table.isCurrent(later)).toBe(false);
    expect(table.isCurrent({ ...image, endedAt: '2026-01-01T00:00:00.000Z' })).toBe(false);
    expect(table.isCurrent({ ...image, driver: 'other' })).toBe(false);
  });
});
